import { randomInt } from 'node:crypto';
import type { SoakHeader } from '../../core/soakJournal.ts';
import { MAX_SEED, type SoakPlan } from '../../core/soakPlan.ts';
import { UsageError } from '../command.ts';
import type { SoakArguments } from './soakArguments.ts';

/**
 * The plan for the workers. What the command line does not say is what the journals were begun with, when they are resumed, and else the
 * default.
 *
 * @param header Of the journal that is to be resumed, if that is wanted; `undefined`: there is none.
 * @throws UsageError when there is nothing to resume
 */
export function planSoak(given: SoakArguments, directory: string, header: SoakHeader | undefined): SoakPlan {
  const { resume } = given;
  if (resume && header === undefined) throw new UsageError(`there is nothing to resume in ${directory}: begin without --resume.`);
  const former = resume ? header?.plan : undefined;
  const hasLength = given.iterations !== undefined || given.durationMs !== undefined;
  const optional = {
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
