import { ConstantBackoff, handleAll, retry as cockatielRetry } from 'cockatiel';
import { backOff } from 'exponential-backoff';
import pRetry from 'p-retry';
import { ExponentialBackoff, retry } from '../../dist/src/resilience/index.js';

export const BATCH = 2_000;
const work = async () => 42;

const batch = (call) => async () => {
  for (let index = 0; index < BATCH; index += 1) await call();
};

const scenario = (prepare) => ({
  leak: () => {
    const backoff = new ExponentialBackoff({ baseDelay: 0 });
    return batch(() => retry(prepare(), { backoff }));
  },
  cockatiel: () => {
    const policy = cockatielRetry(handleAll, { maxAttempts: 2, backoff: new ConstantBackoff(0) });
    return batch(() => policy.execute(prepare()));
  },
  'p-retry': () => batch(() => pRetry(prepare(), { retries: 2, minTimeout: 0 })),
  'exponential-backoff': () => batch(() => backOff(prepare(), { numOfAttempts: 3, startingDelay: 0 })),
});

export const scenarios = {
  success: scenario(() => work),
  'one failure': scenario(() => {
    let failed = false;
    return async () => {
      if (failed) return 42;
      failed = true;
      throw new Error('not yet');
    };
  }),
};
