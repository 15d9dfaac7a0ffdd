/** Prints the bytes that each of 10,000 failing URLs costs a breaker, without the URLs themselves, and the timers it has. Needs --expose-gc. */
import { CircuitBreaker } from '../../dist/src/resilience/index.js';

const KEYS = 10_000;
const failures = Number(process.argv[2]);
const urls = Array.from({ length: KEYS }, (_, index) => `https://shop-${index}.test/`);
// The strings are flat and hashed before anything is measured.
const known = new Set(urls);
const used = () => {
  for (let round = 0; round < 5; round += 1) globalThis.gc();
  return process.memoryUsage().heapUsed;
};
const warm = new CircuitBreaker();
for (const url of urls.slice(0, 100)) for (let count = 0; count < 5; count += 1) warm.recordFailure(url);
const breaker = new CircuitBreaker();
const before = used();
for (const url of urls) for (let count = 0; count < failures; count += 1) breaker.recordFailure(url);
const bytesPerKey = (used() - before) / KEYS;
const timers = process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
const { closed, open } = breaker.stats();
process.stdout.write(JSON.stringify({ bytesPerKey, timers, keys: closed + open, known: known.size }));
