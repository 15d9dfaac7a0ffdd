import fs from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { removeSuites, runScenarios, type Measured } from './scenarios.ts';

/** Real scenarios in real workers confirm what the simulation says of the verdict: `npm run bench -- stability.bench`. */
const PAIRS = Number(process.env['BENCH_PAIRS'] ?? 7);

afterAll(removeSuites);

const HEAD = `
import { test } from 'leak/fixtures';
import fs from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
const numbers = {};
test.afterAll(() => fs.writeFileSync(${JSON.stringify('numbers.json')}, JSON.stringify(numbers)));
`;

/** The scenarios of these tests, in order, and the numbers they wrote down. */
async function measure(name: string, tests: string): Promise<{ scenarios: Measured[]; numbers: Record<string, number> }> {
  const { cwd, scenarios } = await runScenarios(name, HEAD + tests);
  return { scenarios, numbers: JSON.parse(fs.readFileSync(`${cwd}/numbers.json`, 'utf8')) as Record<string, number> };
}

function show(title: string, scenarios: readonly Measured[], metric: string): void {
  console.log(`\n${title}`);
  for (const scenario of scenarios) {
    const { verdict, slopePerIteration, minimumDetectable } = scenario.metrics.find(({ name }) => name === metric) ?? {};
    const numbers = [slopePerIteration, minimumDetectable].map((value) => (value === null ? '?' : Number(value?.toPrecision(3))));
    console.log(
      `${scenario.name.padEnd(34)} ${scenario.verdict.padEnd(12)} ${scenario.iterations} iterations   ${metric} ${String(verdict)}: ${numbers.join(', smallest seen ')}`,
    );
  }
}

it('ten page actions, a thousand times, hold', async () => {
  const { scenarios } = await measure(
    'actions',
    `
test('actions', async ({ page, leak }) => {
  await page.setContent('<form><input id="name"><select id="size"><option>S<option>M</select><input type="checkbox" id="gift"></form><button>Open</button><p hidden>Hello</p>');
  await page.evaluate(() => document.querySelector('button').onclick = () => document.querySelector('p').toggleAttribute('hidden'));
  await leak.measure('ten actions', async ({ iteration }) => {
    await page.fill('#name', 'visitor ' + iteration);
    await page.inputValue('#name');
    await page.selectOption('#size', iteration % 2 ? 'S' : 'M');
    await page.setChecked('#gift', iteration % 2 === 0);
    await page.getByRole('button').click();
    await page.locator('p').textContent();
    await page.locator('p').isVisible();
    await page.evaluate(() => document.title);
    await page.hover('#name');
    await page.getByRole('button').click();
  }, { iterations: 1000, earlyStop: false });
});`,
  );
  show('ten page actions, clean', scenarios, 'heapBytes');
  for (const { name, verdict, shape, slopePerIteration, high } of scenarios[0]?.metrics ?? [])
    console.log(`  ${name.padEnd(24)} ${verdict} ${shape} ${slopePerIteration} (at most ${high})`);
  expect(scenarios.map(({ verdict, iterations }) => [verdict, iterations])).toEqual([['pass', expect.any(Number)]]);
});

it('memory: what a thousand iterations find', async () => {
  const body = (bytes: number, limit: number | null): string => `
test('${bytes} B, limit ${limit ?? 'default'}', async ({ leak }) => {
  const kept = [];
  await leak.measure('${bytes} B an iteration, limit ${limit ?? 512} B', async ({ iteration }) => {
    await turn();
    ${bytes === 0 ? '' : `kept.push(new Array(${(bytes - 48) / 8}).fill(iteration));`}
  }, { criteria: { bytesPerIteration: ${limit ?? 512} } });
});`;
  const cases = [
    ...[0, 128, 256, 1024, 4096].map((bytes) => [bytes, null] as const),
    ...[0, 64, 104, 200].map((bytes) => [bytes, 48] as const),
  ];
  const { scenarios } = await measure('memory', cases.map(([bytes, limit]) => body(bytes, limit)).join('\n'));
  show('memory of the worker', scenarios, 'heapBytes');
  const verdicts = scenarios.map(({ verdict }) => verdict);
  expect(verdicts).toEqual(cases.map(([bytes, limit]) => (bytes > (limit ?? 512) ? 'leak' : 'pass')));
});

it('descriptors: what a thousand iterations find', async () => {
  const body = (every: number, close: boolean): string => `
test('one in ${every}${close ? ', closed' : ''}', async ({ leak }) => {
  const open = [];
  await leak.measure('one in ${every}${close ? ', closed' : ''}', async ({ iteration }) => {
    await turn();
    if (iteration % ${every} === ${every - 1}) open.push(fs.openSync(__filename, 'r'));
    ${close ? `if (iteration % ${every} === ${Math.floor(every / 2)} && open.length > 0) fs.closeSync(open.shift());` : ''}
  });
  for (const fd of open) fs.closeSync(fd);
});`;
  const { scenarios } = await measure(
    'descriptors',
    [1, 10, 100, 250].flatMap((every) => [body(every, false), ...(every === 1 ? [] : [body(every, true)])]).join('\n'),
  );
  show('descriptors', scenarios, 'fds');
  expect(scenarios.map(({ verdict }) => verdict)).toEqual(scenarios.map(({ name }) => (name.endsWith('closed') ? 'pass' : 'leak')));
});

it('measuring a body of a millisecond takes at most 1.10 times as long as the bare loop', async () => {
  const { numbers } = await measure(
    'cost',
    `
test('cost', async ({ leak }) => {
  // A millisecond of CPU time: of the clock's, a loaded machine would give an iteration less work than a quiet one.
  const busy = async () => {
    const { user, system } = process.cpuUsage();
    for (let now = { user, system }; now.user + now.system - user - system < 1000; now = process.cpuUsage());
    await turn();
  };
  const timed = async (work) => {
    const wall = performance.now();
    const cpu = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(cpu);
    return { wall: performance.now() - wall, cpu: (user + system) / 1000 };
  };
  const bare = () => timed(async () => { for (let i = 0; i < 1050; i += 1) await busy(); });
  const measured = () => timed(() => leak.measure('cost', busy, { iterations: 1000, earlyStop: false, extend: false }));
  await bare();
  await measured();
  const ratios = [];
  for (let pair = 0; pair < ${PAIRS}; pair += 1) {
    const one = await bare();
    const other = await measured();
    ratios.push({ wall: other.wall / one.wall, cpu: other.cpu / one.cpu });
  }
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  numbers.wall = median(ratios.map(({ wall }) => wall));
  numbers.cpu = median(ratios.map(({ cpu }) => cpu));
});`,
  );
  console.log(`\n1000 iterations of 1 ms, measured vs bare: wall ${numbers['wall']?.toFixed(3)}×, CPU ${numbers['cpu']?.toFixed(3)}×`);
  expect(numbers['wall']).toBeLessThanOrEqual(1.1);
});

it('a million iterations take no more memory than the first hundred thousand', async () => {
  const { scenarios, numbers } = await measure(
    'million',
    `
test('million', async ({ leak }) => {
  let tenth = 0;
  await leak.measure('a million', async ({ iteration }) => {
    await turn();
    if (iteration === 100_000) { globalThis.gc?.(); tenth = process.memoryUsage().rss; }
  }, { iterations: 1_000_000, earlyStop: false, extend: false });
  numbers.tenth = tenth;
  numbers.end = process.memoryUsage().rss;
});`,
  );
  show('a million iterations', scenarios, 'heapBytes');
  const series = (scenarios[0]?.series ?? []).flatMap(({ iteration, heapBytes }) =>
    typeof heapBytes !== 'number' ? [] : [{ iteration, heapBytes }],
  );
  const early = series.findLast(({ iteration }) => iteration <= 100_000);
  const late = series.at(-1);
  console.log(
    `heap after ${early?.iteration} iterations ${mega(early?.heapBytes)}, after ${late?.iteration} ${mega(late?.heapBytes)}; ` +
      `resident ${mega(numbers['tenth'])} and ${mega(numbers['end'])}; ${series.length} readings in the report`,
  );
  expect(scenarios[0]?.verdict).toBe('pass');
  expect((late?.heapBytes ?? Infinity) - (early?.heapBytes ?? 0)).toBeLessThan(2e6);
});

function mega(bytes: number | undefined): string {
  return `${((bytes ?? NaN) / 1e6).toFixed(1)} MB`;
}
