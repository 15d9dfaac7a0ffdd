import timers from 'node:timers/promises';
import { promisify } from 'node:util';
import { test } from 'leak/fixtures';
import { poll } from './support/openings.ts';
import { retained } from './support/retained.ts';

test.describe('setTimeout', () => {
  test('leaky', () => {
    setTimeout(() => {}, 600_000); // leak: handle
  });
  test('clean', () => {
    clearTimeout(setTimeout(() => {}, 600_000));
  });
});

test.describe('setInterval', () => {
  test('leaky', () => {
    setInterval(() => {}, 20); // leak: handle
  });
  test('clean', async () => {
    await new Promise<void>((resolve) => {
      const interval = setInterval(() => {
        clearInterval(interval);
        resolve();
      }, 5);
    });
  });
});

test.describe('a timer that is unreferenced and referenced again', () => {
  test('leaky', () => {
    const timer = setTimeout(() => {}, 600_000); // leak: handle
    timer.unref();
    timer.ref();
  });
  test('clean', () => {
    setTimeout(() => {}, 600_000).unref();
  });
});

test.describe('a timer that starts itself again', () => {
  test('leaky', async () => {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(again, 5); // leak: handle
      function again(): void {
        timer.refresh();
        resolve();
      }
    });
  });
  test('clean', async () => {
    let rounds = 0;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        rounds += 1;
        if (rounds < 3) timer.refresh();
        else resolve();
      }, 5);
    });
  });
});

test.describe('a promised timer', () => {
  test('leaky', () => {
    retained.push(timers.setTimeout(600_000)); // leak: handle
  });
  test('clean', async () => {
    const stopping = new AbortController();
    const timer = timers.setTimeout(600_000, undefined, { signal: stopping.signal });
    stopping.abort();
    await timer.catch(() => 'aborted');
  });
});

test.describe('a promised interval', () => {
  test('leaky', async () => {
    const ticks = timers.setInterval(10)[Symbol.asyncIterator]();
    retained.push(ticks);
    await ticks.next(); // leak: handle
  });
  test('clean', async () => {
    for await (const _ of timers.setInterval(5)) break;
  });
});

test.describe('promisify(setTimeout)', () => {
  test('leaky', () => {
    retained.push(promisify(setTimeout)(600_000)); // leak: handle
  });
  test('clean', async () => {
    await promisify(setTimeout)(5);
  });
});

test.describe('a timer that lost a race', () => {
  test('leaky', async () => {
    const timeout = new Promise((resolve) => setTimeout(resolve, 600_000, 'timeout')); // leak: handle
    await Promise.race([timeout, Promise.resolve('won')]);
  });
  test('clean', async () => {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise((resolve) => {
      timer = setTimeout(resolve, 600_000, 'timeout');
    });
    await Promise.race([timeout, Promise.resolve('won')]);
    clearTimeout(timer);
  });
});

test.describe('a timer started in another file', () => {
  test('leaky', () => {
    poll(() => {}); // charged: #poll
  });
  test('clean', () => {
    clearInterval(poll(() => {}));
  });
});

test.describe('three intervals from one line', () => {
  test('leaky', () => {
    for (let round = 0; round < 3; round += 1) {
      setInterval(() => {}, 1000 + round); // leak: handle x3
    }
  });
  test('clean', () => {
    const intervals = [1000, 1001, 1002].map((period) => setInterval(() => {}, period));
    for (const interval of intervals) clearInterval(interval);
  });
});
