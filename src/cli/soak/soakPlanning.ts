import { randomInt, randomUUID } from 'node:crypto';
import { differenceOf, MAX_SEED, type SoakPlan } from '../../core/soakPlan.ts';
import { MIN_READINGS } from '../../core/windows.ts';
import { formatTime } from '../../render/soakView.ts';
import { UsageError } from '../command.ts';
import type { SoakArguments } from './soakArguments.ts';

/**
 * The plan for the workers. What the command line does not say is what the soak ran with last, when it is resumed, and else the default.
 *
 * @param last What the soak that is to be resumed ran with last; `undefined`: there is none.
 * @throws UsageError when there is nothing to resume, or it ran with something else; or when there would be too few samples for a verdict
 */
export function planSoak(given: SoakArguments, directory: string, last: SoakPlan | undefined): SoakPlan {
  const { resume } = given;
  if (resume && last === undefined) throw new UsageError(`there is nothing to resume in ${directory}: begin without --resume.`);
  const former = resume ? last : undefined;
  if (former !== undefined) expectSame(given, former);
  const hasLength = given.iterations !== undefined || given.durationMs !== undefined;
  const optional = {
    // Journals without one can only be continued without one.
    id: former === undefined ? randomUUID() : former.id,
    iterations: hasLength ? given.iterations : former?.iterations,
    durationMs: hasLength ? given.durationMs : former?.durationMs,
    sampleEveryMs: given.sampleEveryMs ?? former?.sampleEveryMs,
    fdLimit: given.fdLimit ?? former?.fdLimit,
    memoryLimitBytes: given.memoryLimitBytes ?? former?.memoryLimitBytes,
  };
  expectSamples(optional);
  return {
    concurrency: given.concurrency ?? former?.concurrency ?? 1,
    errorRate: given.errorRate ?? former?.errorRate ?? 0,
    seed: given.seed ?? former?.seed ?? randomInt(MAX_SEED),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    directory,
    resume,
  };
}

function expectSame(given: SoakArguments, former: SoakPlan): void {
  const difference = differenceOf(former, given);
  if (difference === undefined) return;
  const { option, former: before, now } = difference;
  throw new UsageError(`${option}: expected ${String(before)}, with which the soak was begun that --resume continues, got ${String(now)}.`);
}

/** Whoever waits for three days should not hear at their end that it was read too few times. */
function expectSamples({ durationMs, sampleEveryMs }: Pick<SoakArguments, 'durationMs' | 'sampleEveryMs'>): void {
  if (durationMs === undefined || sampleEveryMs === undefined || sampleEveryMs * (MIN_READINGS - 1) <= durationMs) return;
  const most = formatTime(Math.floor(durationMs / (MIN_READINGS - 1)));
  throw new UsageError(
    `--sample-every: expected at most ${most}, for a verdict needs ${String(MIN_READINGS)} readings and the time is ${formatTime(durationMs)}, got ${formatTime(sampleEveryMs)}.`,
  );
}
