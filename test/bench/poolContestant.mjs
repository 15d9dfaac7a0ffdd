// One contestant of pool.bench.ts in a process of its own: prints operations per CPU-second for each scenario.
import { Bench } from 'tinybench';

const [name, time] = [process.argv[2], Number(process.argv[3])];
const create = () => ({});
const MAX = 10;

/** No pool at all: promises in a ring. What waiting itself costs, most of it in the garbage collector. */
function bareQueue() {
  let free = MAX;
  let head = 0;
  const queue = [];
  const release = () => {
    if (head === queue.length) {
      free += 1;
      return;
    }
    queue[head](create());
    queue[head++] = undefined;
    if (head === queue.length) head = queue.length = 0;
  };
  const acquire = () => {
    if (free === 0) return new Promise((resolve) => queue.push(resolve));
    free -= 1;
    return Promise.resolve(create());
  };
  return { acquire, release, close: async () => {} };
}

/** Not even a queue: everybody waits for the same promise. What so many callers cost by themselves. */
function nothing() {
  let gate;
  const opened = Promise.resolve();
  const open = () => {
    gate = undefined;
  };
  const acquire = () => (gate ??= opened.then(open));
  return { acquire, release: () => {}, close: async () => {} };
}

/** Each contestant as a function that acquires and one that releases. */
const contestants = {
  nothing: async () => nothing(),
  'bare queue': async () => bareQueue(),
  async leak() {
    const { Pool } = await import('leak/resilience');
    const pool = new Pool({ create, max: MAX, acquireTimeout: Infinity });
    return { acquire: () => pool.acquire(), release: (lease) => void lease.release(), close: () => pool.close() };
  },
  async 'generic-pool'() {
    const { default: genericPool } = await import('generic-pool');
    const pool = genericPool.createPool({ create: async () => create(), destroy: async () => {} }, { max: MAX });
    return { acquire: () => pool.acquire(), release: (it) => void pool.release(it), close: () => pool.drain().then(() => pool.clear()) };
  },
  async tarn() {
    const { Pool } = await import('tarn');
    const pool = new Pool({ create, destroy: () => {}, min: 0, max: MAX });
    return { acquire: () => pool.acquire().promise, release: (it) => void pool.release(it), close: () => pool.destroy() };
  },
  async 'lightning-pool'() {
    const { Pool } = await import('lightning-pool');
    const pool = new Pool({ create: async () => create(), destroy: async () => {} }, { max: MAX, maxQueue: 100_000 });
    return { acquire: () => pool.acquire(), release: (it) => void pool.release(it), close: () => pool.close(0) };
  },
};

const { acquire, release, close } = await contestants[name]();

async function uncontended() {
  for (let turn = 0; turn < 100; turn += 1) release(await acquire());
}

/** All slots are held; `waiters` more come; each is served, yields once, and gives its resource back. */
async function contended(waiters) {
  const use = async () => {
    const it = await acquire();
    await undefined;
    release(it);
  };
  await Promise.all(Array.from({ length: waiters + MAX }, use));
}

const scenarios = {
  uncontended: [100, uncontended],
  '100 waiters': [110, () => contended(100)],
  '50,000 waiters': [50_010, () => contended(50_000)],
};
const results = {};
for (const [scenario, [operations, run]] of Object.entries(scenarios)) {
  const bench = new Bench({ time, iterations: 3, warmupTime: time / 5, warmupIterations: 1 });
  let runs = 0;
  bench.add(scenario, async () => {
    runs += 1;
    await run();
  });
  const before = process.cpuUsage();
  await bench.run();
  const { user, system } = process.cpuUsage(before);
  results[scenario] = (runs * operations) / ((user + system) / 1e6);
}
await close();
process.stdout.write(JSON.stringify(results));
