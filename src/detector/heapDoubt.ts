import { formatAmount } from '../core/amount.ts';
import { testName, type Place } from '../core/assemble.ts';
import type { HeapCheck } from './heapJudge.ts';

/**
 * Says of growth that it can neither be charged nor cleared.
 *
 * @param visibleBytes The smallest leak of this test that could have been seen.
 */
export function doubt(grownBytes: number, visibleBytes: number, place: Place): string {
  const grown = `live memory had grown by ${formatAmount(grownBytes, 'bytes')} when "${testName(place)}" ended`;
  return `${grown}, but it cannot be told in which test: of this one, a leak above ${formatAmount(visibleBytes, 'bytes')} would have been seen`;
}

export function undecided(reason: string): HeapCheck {
  return { findings: [], undecided: true, notes: [`heap: ${reason}`] };
}
