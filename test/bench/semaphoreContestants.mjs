import { Mutex, Semaphore as AsyncMutexSemaphore } from 'async-mutex';
import { Sema } from 'async-sema';
import pLimit from 'p-limit';
import { Semaphore } from '../../dist/src/resilience/index.js';

export const BATCH = 10_000;

const uncontended = (acquire) => async () => {
  for (let index = 0; index < BATCH; index += 1) (await acquire())();
};

/** A hundred callers for one permit, each of whom comes again and again. */
const crowd = (acquire) => async () => {
  const caller = async () => {
    for (let index = 0; index < BATCH / 100; index += 1) (await acquire())();
  };
  await Promise.all(Array.from({ length: 100 }, caller));
};

/** As the libraries are used, and no closure more. */
const own = (mode) => () => {
  const semaphore = new Semaphore(1);
  if (mode === 'uncontended') {
    return async () => {
      for (let index = 0; index < BATCH; index += 1) (await semaphore.acquire()).release();
    };
  }
  return async () => {
    const caller = async () => {
      for (let index = 0; index < BATCH / 100; index += 1) (await semaphore.acquire()).release();
    };
    await Promise.all(Array.from({ length: 100 }, caller));
  };
};

const sema = (mode) => () => {
  const semaphore = new Sema(1);
  if (mode === 'uncontended') {
    return async () => {
      for (let index = 0; index < BATCH; index += 1) {
        await semaphore.acquire();
        semaphore.release();
      }
    };
  }
  return async () => {
    const caller = async () => {
      for (let index = 0; index < BATCH / 100; index += 1) {
        await semaphore.acquire();
        semaphore.release();
      }
    };
    await Promise.all(Array.from({ length: 100 }, caller));
  };
};

const limit = (mode) => () => {
  const limited = pLimit(1);
  const nothing = () => {};
  if (mode === 'uncontended') {
    return async () => {
      for (let index = 0; index < BATCH; index += 1) await limited(nothing);
    };
  }
  return async () => {
    const caller = async () => {
      for (let index = 0; index < BATCH / 100; index += 1) await limited(nothing);
    };
    await Promise.all(Array.from({ length: 100 }, caller));
  };
};

const scenario = (mode, shape) => ({
  leak: own(mode),
  'async-sema': sema(mode),
  'async-mutex': () => {
    const semaphore = new AsyncMutexSemaphore(1);
    return shape(async () => (await semaphore.acquire())[1]);
  },
  'async-mutex (mutex)': () => {
    const mutex = new Mutex();
    return shape(() => mutex.acquire());
  },
  'p-limit': limit(mode),
});

export const scenarios = { uncontended: scenario('uncontended', uncontended), crowd: scenario('crowd', crowd) };
