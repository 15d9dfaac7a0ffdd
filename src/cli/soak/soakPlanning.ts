import { randomInt, randomUUID } from 'node:crypto';
import { MAX_SEED, type SoakPlan } from '../../core/soakPlan.ts';
import { UsageError } from '../command.ts';
import type { SoakArguments } from './soakArguments.ts';

/**
 * The plan for the workers. What the command line does not say is what the soak ran with last, when it is resumed, and else the default.
 *
 * @param last What the soak that is to be resumed ran with last; `undefined`: there is none.
 * @throws UsageError when there is nothing to resume
 */
export function planSoak(given: SoakArguments, directory: string, last: SoakPlan | undefined): SoakPlan {
  const { resume } = given;
  if (resume && last === undefined) throw new UsageError(`there is nothing to resume in ${directory}: begin without --resume.`);
  const former = resume ? last : undefined;
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
  return {
    concurrency: given.concurrency ?? former?.concurrency ?? 1,
    errorRate: given.errorRate ?? former?.errorRate ?? 0,
    seed: given.seed ?? former?.seed ?? randomInt(MAX_SEED),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    directory,
    resume,
  };
}
