import { once, EventEmitter } from 'node:events';
import { test as base, expect } from 'leak/fixtures';

// Timers whose owner outlives the test that armed them, and one that nobody owns.

/** As `pg.Pool` does it: a connection that is given back has a while to be taken out again. */
class Pool {
  #idle: NodeJS.Timeout | undefined;

  query(): number {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {}, 600_000);
    return 1;
  }
  end(): void {
    clearTimeout(this.#idle);
  }
}

const test = base.extend<object, { pool: Pool }>({
  pool: [
    async ({}, use) => {
      const pool = new Pool();
      await use(pool);
      pool.end();
    },
    { scope: 'worker' },
  ],
});

test.describe('a pool of the worker', () => {
  test('clean', ({ pool }) => {
    expect(pool.query()).toBe(1);
  });
  test('clean for the second test', ({ pool }) => {
    expect(pool.query()).toBe(1);
  });
  test('clean for the third test', ({ pool }) => {
    expect(pool.query()).toBe(1);
  });
});

test.describe('a poller of beforeAll', () => {
  const service = new EventEmitter();
  let timer: NodeJS.Timeout | undefined;

  test.beforeAll(() => {
    const poll = (): void => {
      timer = setTimeout(poll, 1500);
      service.emit('polled');
    };
    poll();
  });
  test.afterAll(() => {
    clearTimeout(timer);
  });

  test('clean: it polls during the test', async () => {
    await once(service, 'polled');
  });
  test('clean: it polls during the next test', async () => {
    await once(service, 'polled');
  });
});

test.describe('a poller of beforeAll that sets a time limit before it goes on', () => {
  const service = new EventEmitter();
  let timer: NodeJS.Timeout | undefined;

  test.beforeAll(() => {
    const poll = (): void => {
      const limit = setTimeout(() => {}, 600_000);
      setImmediate(() => {
        clearTimeout(limit);
        service.emit('polled');
      });
      timer = setTimeout(poll, 1500);
    };
    poll();
  });
  test.afterAll(() => {
    clearTimeout(timer);
  });

  test('clean: it polls during the test', async () => {
    await once(service, 'polled');
  });
  test('clean: it polls during the next test', async () => {
    await once(service, 'polled');
  });
});

test.describe('a timer that is forgotten and then runs out in a hook', () => {
  const service = new EventEmitter();

  test('leaky', () => {
    setTimeout(() => service.emit('expired'), 4000); // leak: handle
  });
  test.describe('a slow beforeAll', () => {
    test.beforeAll(async () => {
      await once(service, 'expired');
    });

    test('clean', () => {
      expect(service.listenerCount('expired')).toBe(0);
    });
  });
});
