import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LeakReport } from '../../src/core/report.ts';
import type { Scenario } from '../../src/core/scenario.ts';
import { createSuite, launchOptions, runPlaywright, type PlaywrightRun } from './runPlaywright.ts';

const CONFIG = `export default { workers: 2, fullyParallel: true, timeout: 240_000, use: { launchOptions: ${launchOptions()} } };`;

const NODE = `
import { test, expect } from 'leak/fixtures';
import fs from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';

test('listeners leak, measured only', async ({ leak }) => {
  const scenario = await leak.measure('timers', async () => { await turn(); setInterval(() => {}, 1e6); }, { iterations: 50 });
  expect(scenario.verdict).toBe('leak');
});

test('descriptors leak', async ({ leak }) => {
  await leak.stability('descriptors', async ({ iteration }) => {
    await turn();
    if (iteration % 100 === 0) fs.openSync(__filename, 'r');
  });
});
test('descriptors are closed', async ({ leak }) => {
  await leak.stability('descriptors', async () => {
    await turn();
    fs.closeSync(fs.openSync(__filename, 'r'));
  });
});

test('descriptors leak, which a rule of the test allows', async ({ leak }) => {
  leak.allow({ kind: 'fd', match: 'node.spec.ts', reason: 'held on purpose' });
  await leak.stability('allowed', async () => { await turn(); fs.openSync(__filename, 'r'); }, { iterations: 20, warmUp: 0 });
});

const granted = { kind: 'handle', match: 'setInterval', reason: 'held on purpose' };
test('timers stay, which a rule of the test allows', async ({ leak }) => {
  leak.allow(granted);
  await leak.stability('timers', async () => { await turn(); setInterval(() => {}, 1e6); });
});
test('timers stay, which a rule of the test allows, and keep what they refer to', async ({ leak }) => {
  leak.allow(granted);
  await leak.stability('timers', async ({ iteration }) => { await turn(); setInterval(Array.isArray, 1e6, new Array(120).fill(iteration)); });
});

const receipts = new Map();
test('memory leaks', async ({ leak }) => {
  await leak.stability('memory', async ({ iteration }) => {
    await turn();
    receipts.set('receipt ' + iteration, new Array(250).fill(iteration));
  });
});
const seen = new Set();
test('a set is never emptied', async ({ leak }) => {
  await leak.stability('ids', async ({ iteration }) => {
    await turn();
    for (let id = 0; id < 100; id += 1) seen.add(100 * iteration + id);
  });
});
test('a set is emptied', async ({ leak }) => {
  const own = new Set();
  await leak.stability('ids', async ({ iteration }) => {
    await turn();
    for (let id = 0; id < 100; id += 1) own.add(100 * iteration + id);
    if (own.size >= 20_000) own.clear();
  });
});
test('memory fills a cache', async ({ leak }) => {
  const cache = new Map();
  await leak.stability('memory', async ({ iteration }) => {
    await turn();
    cache.set('receipt ' + (iteration % 300), new Array(250).fill(iteration));
  });
});

test('lists leak', async ({ leak }) => {
  await leak.stability('lists', function keep({ iteration }) { receipts.set('list ' + iteration, new Array(3000).fill(iteration)); return turn(); });
});
test('lines are printed', async ({ leak }) => {
  const line = 'tea '.repeat(20);
  await leak.stability('lines', async ({ iteration }) => {
    await turn();
    for (let item = 0; item < 10; item += 1) process.stdout.write(iteration + '.' + item + ' ' + line + '\\n');
  });
});
test('objects are logged', async ({ leak }) => {
  await leak.stability('objects', async ({ iteration }) => {
    await turn();
    console.log({ iteration, nested: { deeply: { enough: { lines: new Array(2000).fill(iteration) } } } });
  }, { iterations: 400 });
});

test('processes leak', async ({ leak }) => {
  await leak.stability('processes', async ({ iteration }) => {
    if (iteration % 10 === 9) spawn('sleep', ['600'], { stdio: 'ignore' });
    await turn();
  }, { iterations: 100 });
});
test('processes are awaited', async ({ leak }) => {
  await leak.stability('processes', async ({ iteration }) => {
    if (iteration % 10 === 9) await once(spawn('true'), 'exit');
  }, { iterations: 100 });
});

test('every iteration throws', async ({ leak }) => {
  await leak.stability('throws', async () => { throw new Error('no such button'); });
});
test('never resolves', async ({ leak }) => {
  test.setTimeout(6_000);
  await leak.stability('hangs', async ({ iteration }) => (iteration < 3 ? turn() : new Promise(() => {})), { iterations: 50, warmUp: 0 });
});
test('an option is wrong', async ({ leak }) => {
  await leak.stability('wrong', async () => {}, { iterations: 5 });
});
test('two at once', async ({ leak }) => {
  const first = leak.measure('first', async () => { await turn(); }, { iterations: 50 });
  await expect(leak.measure('second', async () => {}, { iterations: 50 })).rejects.toThrow('another scenario of this test is running');
  await first;
});
test('steps are dropped', async ({ leak }) => {
  await leak.measure('steps', async () => { await test.step('mine', async () => { await turn(); }); }, { iterations: 200, earlyStop: false });
});
`;

const PAGES = `
import { test, expect } from 'leak/fixtures';
const HTML = '<button>open</button><p id="time">0</p>';
async function open(page, script) {
  await page.setContent(HTML);
  await page.evaluate(script);
}
test('nodes leak', async ({ page, leak }) => {
  await open(page, "window.kept = []; document.querySelector('button').onclick = () => window.kept.push(document.createElement('div'));");
  await leak.stability('drawer', () => page.click('button'), { iterations: 60 });
});
test('nodes are let go', async ({ page, leak }) => {
  await open(page, "document.querySelector('button').onclick = () => { window.last = document.createElement('div'); };");
  await leak.stability('drawer', () => page.click('button'), { iterations: 60 });
});
test('contexts leak', async ({ browser, leak }) => {
  await leak.stability('contexts', async ({ iteration }) => { if (iteration % 4 === 0) await browser.newContext(); }, { iterations: 40 });
});
test('pages leak in the context of the test', async ({ context, leak }) => {
  await leak.stability('pages', async ({ iteration }) => { if (iteration % 4 === 0) await context.newPage(); }, { iterations: 40 });
});
test('pages of the context of the test are renewed', async ({ page, context, leak }) => {
  let last = page;
  await leak.stability('pages', async () => {
    await last.close();
    last = await context.newPage();
  }, { iterations: 40, criteria: { rssBytesPerIteration: 1e6 } });
});
test('polls by a clock of its own', async ({ page, leak }) => {
  await page.clock.install();
  // The page's own time goes on, too: an hour is more than the test takes on the slowest of machines.
  await open(page, "let polls = 0; setInterval(() => { document.querySelector('#time').textContent = String(++polls); }, 3600000);");
  // The browser's own memory, which jumps once when a page's heap is looked into, needs more iterations to be sure of.
  const criteria = { rssBytesPerIteration: 1e6 };
  const exactly = { iterations: 1000, warmUp: 50, earlyStop: false, extend: false };
  await leak.stability('poll', async () => {}, { ...exactly, clock: { advanceMs: 3600000 }, criteria });
  expect(Number(await page.textContent('#time'))).toBe(1050);
});
test('a timer of the page throws', async ({ page, leak }) => {
  await page.clock.install();
  await open(page, "setTimeout(() => { throw new Error('no such receipt'); }, 300000);");
  const options = { iterations: 60, warmUp: 0, earlyStop: false, clock: { advanceMs: 30000 }, criteria: { errorRate: 0 } };
  await leak.stability('receipt', async () => {}, options);
});
test('times out in the middle of a click', async ({ leak, page }) => {
  await page.setContent(HTML);
  await leak.stability('clicks', async ({ iteration }) => {
    if (iteration === 30) test.setTimeout(1);
    await page.click('button');
  });
});
test('does not wait for its clicks', async ({ page, leak }) => {
  await page.setContent(HTML);
  let enough;
  const clicked = new Promise((resolve) => (enough = resolve));
  leak.stability('clicks', async ({ iteration }) => {
    if (iteration === 30) enough();
    await page.click('button');
  }).catch(() => {});
  await clicked;
});
test('recycles its page', async ({ context, leak }) => {
  let page = await context.newPage();
  await page.setContent(HTML);
  await leak.stability('recycle', async () => {
    await page.close();
    page = await context.newPage();
    await page.setContent(HTML);
  }, { iterations: 60, warmUp: 5 });
});
test('a handler answers every request', async ({ page, leak }) => {
  await page.route('**/*', (route) => test.step('answered', () => route.fulfill({ contentType: 'text/html', body: HTML })));
  await page.goto('http://shop.test/');
  const before = test.info()._stepMap.size;
  await leak.stability('routed', () => page.evaluate(() => fetch('/tea').then((response) => response.text())), { iterations: 40, warmUp: 5 });
  expect(test.info()._stepMap.size).toBeLessThan(before + 20);
  await page.goto('http://shop.test/again');
});
test('the page crashes half way', async ({ page, leak }) => {
  await page.setContent(HTML);
  await leak.stability('crash', async ({ iteration }) => {
    if (iteration === 20) await page.goto('chrome://crash').catch(() => {});
    await page.click('button');
  }, { iterations: 60 });
});
`;

let suite = '';
let run: PlaywrightRun;
let report: LeakReport;

beforeAll(async () => {
  suite = createSuite('stability');
  run = await runPlaywright({
    cwd: suite,
    args: ['--reporter=leak,json'],
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: `${suite}/steps.json` },
    files: { 'node.spec.ts': NODE, 'pages.spec.ts': PAGES, 'playwright.config.ts': CONFIG, 'package.json': '{}' },
  });
  if (run.report === undefined) throw new Error(`no report: ${run.stdout.slice(-3000)}${run.stderr.slice(-1000)}`);
  report = run.report;
}, 600_000);
afterAll(() => {
  fs.rmSync(suite, { recursive: true, force: true });
});

function statusOf(title: string): string | undefined {
  return report.tests.find((test) => test.title === title)?.status;
}

function scenarioOf(title: string): Scenario {
  const test = report.tests.find((one) => one.title === title);
  const scenario = report.scenarios.find(({ testId }) => testId === test?.id);
  if (scenario === undefined) throw new Error(`no scenario of ${title}`);
  return scenario;
}

const leaking = (title: string): string[] => scenarioOf(title).metrics.flatMap(({ name, verdict }) => (verdict === 'leak' ? [name] : []));

describe('a scenario in a test', () => {
  it.each([
    ['descriptors leak', 'fds', 'linear'],
    ['memory leaks', 'heapBytes', 'linear'],
    ['a set is never emptied', 'heapBytes', 'linear'],
    ['processes leak', 'processes', 'linear'],
    ['nodes leak', 'blank.domNodes', 'linear'],
    ['contexts leak', 'contexts', 'linear'],
    ['pages leak in the context of the test', 'pages', 'linear'],
  ])('%s: found by %s, and the test fails', (title, metric, shape) => {
    expect(scenarioOf(title)).toMatchObject({ verdict: 'leak', failed: true, shape });
    expect(leaking(title)).toContain(metric);
    expect(statusOf(title)).toBe('failed');
  });

  it.each([
    'descriptors are closed',
    'descriptors leak, which a rule of the test allows',
    'timers stay, which a rule of the test allows',
    'memory fills a cache',
    'a set is emptied',
    'processes are awaited',
    'nodes are let go',
    'pages of the context of the test are renewed',
    'lines are printed',
    'objects are logged',
  ])('%s: it holds', (title) => {
    expect(scenarioOf(title).reasons).toEqual([]);
    expect(scenarioOf(title)).toMatchObject({ verdict: 'pass', failed: false });
    expect(statusOf(title)).toBe('passed');
  });

  it('whose timers keep memory is charged with that, and not with what is recorded of timers', () => {
    const title = 'timers stay, which a rule of the test allows, and keep what they refer to';
    expect(leaking(title)).toEqual(['heapBytes']);
    const { slopePerIteration } = scenarioOf(title).metrics.find(({ name }) => name === 'heapBytes') ?? {};
    expect(slopePerIteration).toBeLessThan(2 * 120 * 8);
  });

  it.each([
    ['descriptors leak', 'fs.openSync'],
    ['processes leak', 'spawn('],
    ['contexts leak', 'browser.newContext'],
    ['pages leak in the context of the test', 'context.newPage'],
    ['lists leak', 'receipts.set'],
  ])('%s: names the line that opened what survived', (title, code) => {
    const [finding] = scenarioOf(title).findings;
    const source = fs.readFileSync(`${suite}/${String(finding?.origin?.file)}`, 'utf8').split('\n');
    expect(source[(finding?.origin?.line ?? 0) - 1]).toContain(code);
  });

  it('does not throw when it is only measured, and gates all the same', () => {
    expect(statusOf('listeners leak, measured only')).toBe('passed');
    expect(scenarioOf('listeners leak, measured only')).toMatchObject({ verdict: 'leak', failed: true });
    expect(report.gate.reasons.join()).toContain('scenario timers leaks: handles +1 per iteration');
  });

  it('whose iterations all throw fails with what they throw', () => {
    expect(scenarioOf('every iteration throws')).toMatchObject({ verdict: 'inconclusive', failed: true });
    expect(scenarioOf('every iteration throws').reasons.join()).toContain('no such button');
  });

  it('that never ends ends with its test, and what was measured is kept', () => {
    expect(statusOf('never resolves')).toBe('timedOut');
    const scenario = scenarioOf('never resolves');
    expect(scenario.verdict).toBe('inconclusive');
    expect(scenario.series.length).toBeGreaterThan(2);
    expect(scenario.reasons.join()).toContain('1 iteration has not ended');
  });

  it.each([
    ['times out in the middle of a click', 'timedOut', 'the test timed out after 1 ms'],
    ['does not wait for its clicks', 'passed', 'the test ended before the scenario did'],
  ])('%s: the page that its test closes is not its error', (title, status, reason) => {
    expect(statusOf(title)).toBe(status);
    expect(scenarioOf(title)).toMatchObject({ verdict: 'inconclusive', failed: false, errors: { count: 0, unhandled: 0, messages: [] } });
    expect(scenarioOf(title).iterations).toBeGreaterThanOrEqual(30);
    expect(scenarioOf(title).reasons.join()).toContain(reason);
  });

  it('that replaces its page passes without the metrics of the one it began with, which is said', () => {
    const scenario = scenarioOf('recycles its page');
    expect(scenario, JSON.stringify(scenario.reasons)).toMatchObject({ verdict: 'pass', failed: false });
    expect(scenario.metrics.map(({ name }) => name).filter((name) => name.endsWith('.domNodes'))).toEqual([]);
    expect(scenario.notes.join()).toContain('was measured no further: it was closed');
  });

  it('whose page crashes half way ends with a reason', () => {
    const scenario = scenarioOf('the page crashes half way');
    expect(scenario).toMatchObject({ verdict: 'inconclusive', failed: true });
    expect(scenario.reasons.join()).toMatch(/iterations failed: .*crash/i);
  });

  it('with a wrong option is refused before it runs', () => {
    expect(statusOf('an option is wrong')).toBe('failed');
    expect(fs.readFileSync(`${suite}/steps.json`, 'utf8')).toContain(
      'options.iterations: expected a whole number of at least 20 for a verdict, got 5',
    );
  });

  it('is not measured beside another of the same test, which it could be blamed for', () => {
    expect(statusOf('two at once')).toBe('passed');
  });

  it('moves the pages’ clock on, so that a poll every hour takes no hour, and keeps nothing of it', () => {
    expect(statusOf('polls by a clock of its own')).toBe('passed');
    const { verdict, reasons } = scenarioOf('polls by a clock of its own');
    expect({ verdict, reasons }).toEqual({ verdict: 'pass', reasons: [] });
  });

  it('is told of what a timer of its page throws', () => {
    expect(statusOf('a timer of the page throws')).toBe('failed');
    const { errors } = scenarioOf('a timer of the page throws');
    expect(errors).toMatchObject({ count: 1, messages: [expect.stringContaining('no such receipt')] });
  });

  it('is one step of its test: the steps of its iterations reach neither the report nor the memory', () => {
    const steps = fs.readFileSync(`${suite}/steps.json`, 'utf8');
    expect(steps).toContain('stability steps');
    expect(steps).not.toContain('"mine"');
  });

  it('keeps no steps of handlers that stood before it, and keeps those of before and after it', () => {
    expect(statusOf('a handler answers every request')).toBe('passed');
    expect(scenarioOf('a handler answers every request')).toMatchObject({ failed: false });
    expect(fs.readFileSync(`${suite}/steps.json`, 'utf8').match(/"answered"/g)).toHaveLength(2);
  });

  it('is shown with its reasons and a chart', () => {
    expect(run.stdout).toContain('LEAK  scenario descriptors · ');
    expect(run.stdout).toMatch(/── fds/);
    expect(run.stdout).toContain('HOLDS scenario descriptors · ');
  });
});
