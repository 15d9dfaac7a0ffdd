import { circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel';
import Opossum from 'opossum';
import { CircuitBreaker } from '../../dist/src/resilience/index.js';

export const BATCH = 10_000;
const work = async () => 42;

const batch = (call) => async () => {
  for (let index = 0; index < BATCH; index += 1) await call();
};

export const scenarios = {
  success: {
    leak: () => {
      const breaker = new CircuitBreaker();
      return batch(() => breaker.execute('shop.test', work));
    },
    cockatiel: () => {
      const breaker = circuitBreaker(handleAll, { halfOpenAfter: 300_000, breaker: new ConsecutiveBreaker(5) });
      return batch(() => breaker.execute(work));
    },
    opossum: () => {
      const breaker = new Opossum(work, { timeout: false });
      return batch(() => breaker.fire());
    },
  },
};
