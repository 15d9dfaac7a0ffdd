import { withinLimits } from './abort.ts';
import { errorFields } from './logger.ts';
import type { Entry } from './poolEntry.ts';
import type { PoolEvents } from './poolEvents.ts';
import type { ResolvedPoolOptions } from './poolOptions.ts';

/** Asks whether a resource is fit for use. No, an error, and no answer in time are the same to the pool; the log tells them apart. */
export async function isHealthy<T>(entry: Entry<T>, options: ResolvedPoolOptions<T>, events: PoolEvents): Promise<boolean> {
  const { validate, validateTimeout, clock } = options;
  try {
    const answer = (async () => validate(entry.resource))();
    // Also for one in the background the process stays: somebody may come who waits for it.
    const how = { clock, what: `the health check of ${entry.id}`, keepAlive: true };
    return await withinLimits(answer, { timeout: validateTimeout }, how);
  } catch (error) {
    events.emit({ type: 'checkFailed', resource: entry.id, error: errorFields(error) });
    return false;
  }
}

/** Cleans a resource up after its holder; says whether that worked within `closeTimeout`. */
export async function isRestored<T>(entry: Entry<T>, options: ResolvedPoolOptions<T>, events: PoolEvents): Promise<boolean> {
  const { reset, closeTimeout, clock } = options;
  try {
    const done = (async () => reset(entry.resource))();
    await withinLimits(done, { timeout: closeTimeout }, { clock, what: `${entry.id} to be cleaned up`, keepAlive: true });
    return true;
  } catch (error) {
    events.emit({ type: 'checkFailed', resource: entry.id, error: errorFields(error) });
    return false;
  }
}
