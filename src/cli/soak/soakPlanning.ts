import { randomInt } from 'node:crypto';
import type { SoakHeader } from '../../core/soakJournal.ts';
import { MAX_SEED, type SoakPlan } from '../../core/soakPlan.ts';
import { UsageError } from '../command.ts';
import type { SoakArguments } from './soakArguments.ts';

/**
 * The plan for the workers. What the command line does not say is what the journals were begun with, when they are resumed, and else the
 * default.
 *
 * @param headers Of the journals in the folder; asked only when they are to be resumed.
 * @throws UsageError when there is nothing to resume, or the journals were begun differently
 */
export function planSoak(given: SoakArguments, directory: string, headers: readonly SoakHeader[]): SoakPlan {
  const { resume } = given;
  if (resume && headers.length === 0) throw new UsageError(`there is nothing to resume in ${directory}: begin without --resume.`);
  const former = resume ? headers.map(({ plan }) => plan) : [];
  const same = <T>(option: string, value: T | undefined, of: (plan: SoakPlan) => T): T | undefined => {
    const [first, other] = [...new Set(former.map(of))];
    if (value !== undefined || other === undefined) return value ?? first;
    throw new UsageError(
      `the journals in ${directory} were begun with ${option} ${String(first)} and ${String(other)}: say which to resume.`,
    );
  };
  const latest = former.at(-1);
  const hasLength = given.iterations !== undefined || given.durationMs !== undefined;
  const optional = {
    iterations: hasLength ? given.iterations : latest?.iterations,
    durationMs: hasLength ? given.durationMs : latest?.durationMs,
    sampleEveryMs: given.sampleEveryMs ?? latest?.sampleEveryMs,
    fdLimit: given.fdLimit ?? latest?.fdLimit,
    memoryLimitBytes: given.memoryLimitBytes ?? latest?.memoryLimitBytes,
  };
  return {
    concurrency: same('--concurrency', given.concurrency, ({ concurrency }) => concurrency) ?? 1,
    errorRate: same('--error-rate', given.errorRate, ({ errorRate }) => errorRate) ?? 0,
    seed: same('--seed', given.seed, ({ seed }) => seed) ?? randomInt(MAX_SEED),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    directory,
    resume,
  };
}
