import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSuite, launchOptions } from './runPlaywright.ts';
import { journalIn, reportIn, soak, startSoak } from './soakProcess.ts';

const CONFIG = `export default { timeout: 20_000, use: { launchOptions: ${launchOptions()} } };`;

const SPEC = `
import { test, expect } from 'leak/fixtures';
import fs from 'node:fs';
import v8 from 'node:v8';
import { setTimeout as sleep } from 'node:timers/promises';

test('opens', async ({ leak }) => {
  await leak.stability('opens', async () => { fs.openSync(__filename, 'r'); await sleep(1); });
});
test('closes', async ({ leak }) => {
  let most = 0, running = 0, failures = 0;
  const scenario = await leak.stability('closes', async ({ iteration, inject }) => {
    running++;
    if (iteration >= 0) most = Math.max(most, running);
    fs.closeSync(fs.openSync(__filename, 'r'));
    await sleep(1);
    running--;
    if (inject.fail()) { failures++; throw new Error('injected'); }
  }, { criteria: { bytesPerIteration: 5_000, rssBytesPerIteration: 80_000 } });
  const { heap_size_limit } = v8.getHeapStatistics();
  fs.writeFileSync('seen.json', JSON.stringify({ most, failures, heap_size_limit, iterations: scenario.iterations }));
});
test('counts', async ({ leak }) => {
  await leak.stability('counts', async ({ iteration }) => { fs.appendFileSync('rounds.txt', iteration + ' '); await sleep(5); });
});
test('clicks', async ({ page, leak }) => {
  await page.setContent('<button>open</button>');
  await leak.stability('clicks', async () => { await page.click('button'); });
});
test('hangs', async ({ page, leak }) => {
  await page.setContent('<button>open</button>');
  await leak.stability('hangs', ({ iteration }) => {
    if (iteration < 5) return sleep(1);
    console.log('hanging now');
    return new Promise(() => {});
  }, { warmUp: 0 });
});
test('tires', async ({ leak }) => {
  await leak.measure('tires', async ({ iteration }) => { await sleep(1); if (iteration >= 2990) throw new Error('tired'); }, { warmUp: 0, criteria: { errorRate: 0.005 } });
});
test('twins', async ({ leak }) => {
  await leak.stability('twin', () => sleep(1));
  await leak.stability('twin', () => sleep(1));
});
test('hangs after it', async ({ leak }) => {
  test.setTimeout(1_000);
  await leak.stability('soaked first', () => sleep(30));
  console.log('soaked for longer than the test may take');
  await new Promise(() => {});
});
test('nothing to soak', () => {});
test.describe('idle', () => {
  test.afterAll(() => console.log('torn down'));
  test('soaks before', async ({ leak }) => { await leak.stability('before', () => sleep(1)); });
  test('waits', async () => { test.setTimeout(0); console.log('waiting'); await new Promise(() => {}); });
});
`;

let cwd = '';
beforeEach(() => {
  cwd = createSuite('soak');
  for (const [name, text] of Object.entries({ 'package.json': '{}', 'playwright.config.ts': CONFIG, 'a.spec.ts': SPEC })) {
    fs.writeFileSync(path.join(cwd, name), text);
  }
});
afterEach(() => {
  fs.rmSync(cwd, { recursive: true, force: true });
});

const verdicts = (): string[] => reportIn(cwd).scenarios.map(({ name, verdict }) => `${name}: ${verdict}`);

describe('leak soak', () => {
  it('runs the scenarios under load and limits, injects errors, and gates: the leaky one leaks, its clean twin does not', async () => {
    const limits = ['--fd-limit', '300', '--memory-limit', '256m', '--concurrency', '4', '--error-rate', '0.3', '--seed', '7'];
    const { exitCode, output, mark } = await soak(cwd, ['-g', 'opens|closes', '--iterations', '200', ...limits]);
    expect({ exitCode, output }).toMatchObject({ exitCode: 1 });
    expect(output).toContain('at most 300 open files · at most 256 MiB of heap · seed 7');
    // This is about descriptors: memory that falls after the warm-up leaves fewer readings, so they must be many, and the limits wide.
    const reasons = reportIn(cwd).scenarios.flatMap((scenario) => scenario.reasons);
    expect(verdicts(), reasons.join('\n')).toEqual(['opens: leak', 'closes: pass']);
    expect(output).toMatch(/leak soak · closes · \d+ of 200 iterations · .* fds \d+ → \d+ · processes .* heap .* p95 /);
    expect(reportIn(cwd).scenarios[0]?.findings[0]?.origin).toMatchObject({ file: 'a.spec.ts', line: 8 });
    const seen = JSON.parse(fs.readFileSync(path.join(cwd, 'seen.json'), 'utf8')) as Record<string, number>;
    expect(seen).toMatchObject({ most: 4, iterations: 200 });
    expect(seen['failures']).toBeGreaterThan(0);
    expect(seen['heap_size_limit']).toBeLessThan(400 * 1024 ** 2);
    const { header, end, series } = journalIn(cwd, 'closes').history;
    expect(header).toMatchObject({ name: 'closes', seed: 7, plan: { iterations: 200, concurrency: 4, errorRate: 0.3, fdLimit: 300 } });
    expect(end?.cutShort).toBeNull();
    expect(series.last?.iteration).toBe(200);
    expect(mark.processes()).toEqual([]);
  });

  it('takes none of its test’s time, which goes on after it: what hangs then ends the test', async () => {
    const { exitCode, output } = await soak(cwd, ['-g', 'hangs after it', '--iterations', '60']);
    expect({ exitCode, output }).toMatchObject({ exitCode: 1 });
    expect(output).toContain('soaked for longer than the test may take');
    expect(output).toMatch(/Test timeout of \d+ms exceeded/);
    expect(verdicts()).toEqual(['soaked first: pass']);
  });

  it('judges a scenario whose worker was killed by its journal, and goes on with the same series afterwards', async () => {
    const first = startSoak(cwd, ['-g', 'counts', '--iterations', '400', '--seed', '7']);
    await first.until(/counts · [1-9]\d* of 400/);
    const { pid } = JSON.parse(fs.readFileSync(journalIn(cwd, 'counts').path, 'utf8').split('\n')[1] ?? '') as { pid: number };
    process.kill(pid, 'SIGKILL');
    expect(await first.ended).toBe(1);
    expect(first.output).toContain('1 scenario did not come to report (cut short: its worker ended before it did)');
    expect(verdicts()).toEqual(['counts: inconclusive']);
    const page = fs.readFileSync(path.join(cwd, 'leak-report/index.html'), 'utf8');
    expect(page).toContain('cut short: its worker ended before it did');
    const before = journalIn(cwd, 'counts').history.series.last?.iteration ?? 0;
    expect(before).toBeGreaterThan(0);

    const rounds = path.join(cwd, 'rounds.txt');
    fs.rmSync(rounds);
    const { exitCode, output } = await soak(cwd, ['-g', 'counts', '--resume']);
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(output).toContain('400 iterations of each scenario · seed 7 · journals in leak-report/soak, continued');
    const measured = fs
      .readFileSync(rounds, 'utf8')
      .trim()
      .split(' ')
      .map(Number)
      .filter((iteration) => iteration >= 0);
    expect([measured[0], measured.at(-1)]).toEqual([before, 399]);
    const [scenario] = reportIn(cwd).scenarios;
    expect(scenario).toMatchObject({ name: 'counts', verdict: 'pass', iterations: 400 });
    expect(scenario?.series[0]).toMatchObject({ iteration: 0 });
    expect(scenario?.notes.join()).toContain(`continued after ${String(before)} iterations in 1 earlier process`);
  });

  it('continues no journal of another seed, and none that is cut loses more than its last line', async () => {
    expect((await soak(cwd, ['-g', 'counts', '--iterations', '30', '--seed', '7'])).exitCode).toBe(0);
    const refused = await soak(cwd, ['-g', 'counts', '--resume', '--iterations', '60', '--seed', '8']);
    expect(refused.exitCode).toBe(2);
    expect(refused.output).toContain('--seed: expected 7, with which the soak was begun that --resume continues, got 8');
    const { path: place } = journalIn(cwd, 'counts');
    fs.truncateSync(place, fs.statSync(place).size - 25);
    const { exitCode, output } = await soak(cwd, ['-g', 'counts', '--resume', '--iterations', '60']);
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(reportIn(cwd).scenarios[0]).toMatchObject({ iterations: 60 });
    expect(journalIn(cwd, 'counts').history).toMatchObject({ damaged: 1, segment: 1 });
    // As it ran last, not as it was begun.
    expect((await soak(cwd, ['-g', 'counts', '--resume'])).output).toContain('leak soak · 60 iterations of each scenario · seed 7');
  });

  it('does not take a scenario that was given up for one that came to its end when its journal is all there is', async () => {
    const { exitCode, output } = await soak(cwd, ['-g', 'tires', '--iterations', '3010', '--reporter=line']);
    expect({ exitCode, output }).toMatchObject({ exitCode: 1 });
    expect(verdicts()).toEqual(['tires: inconclusive']);
    expect(reportIn(cwd).scenarios[0]?.reasons.join()).toContain('given up: 16 of 3006 iterations failed: tired');
    expect(output).toContain('it was cut short: --resume continues it');
  });

  it('resumes the soak that was run last, and begins anew what only one before has soaked', async () => {
    expect((await soak(cwd, ['-g', 'before', '--iterations', '40', '--seed', '7'])).exitCode).toBe(0);
    const killed = startSoak(cwd, ['-g', 'hangs|before', '--iterations', '60', '--seed', '7']);
    await killed.until(/hanging now/);
    killed.kill('SIGINT');
    // Less than half a second later it would be an echo of the first.
    await sleep(600);
    killed.kill('SIGINT');
    expect(await killed.ended).toBe(130);
    const { exitCode, output } = await soak(cwd, ['-g', 'before', '--resume']);
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(output).toContain('60 iterations of each scenario · seed 7');
    const [scenario] = reportIn(cwd).scenarios;
    expect(scenario).toMatchObject({ name: 'before', iterations: 60 });
    expect(scenario?.notes.join()).toMatch(/the journal of another soak, begun .*, was kept as before-/);
    expect(scenario?.notes.join()).not.toContain('continued after');
  });

  it('is not resumed while the Playwright of one that was killed still runs its iteration', async () => {
    const killed = startSoak(cwd, ['-g', 'hangs', '--iterations', '60', '--seed', '7']);
    await killed.until(/hanging now/);
    killed.kill('SIGKILL');
    await killed.ended;
    const text = fs.readFileSync(journalIn(cwd, 'hangs').path, 'utf8');
    const { exitCode, output } = await soak(cwd, ['-g', 'no such test', '--resume']);
    expect({ exitCode, output }).toMatchObject({ exitCode: 1 });
    const pid = /the Playwright of a soak that was killed \(pid (\d+)\) still writes into .*: wait until its iteration has ended/.exec(
      output,
    )?.[1];
    expect(pid, output).toBeDefined();
    expect(fs.readFileSync(journalIn(cwd, 'hangs').path, 'utf8')).toBe(text);
    process.kill(Number(pid), 'SIGINT');
    await killed.mark.allGone();
  });

  it('begins no journal where Playwright would empty it before it is resumed, and names both folders', async () => {
    const running = startSoak(cwd, ['-g', 'counts', '--iterations', '30'], { PLAYWRIGHT_LEAK_OUTPUT_DIR: 'test-results/leak' });
    expect({ exitCode: await running.ended, output: running.output }).toMatchObject({ exitCode: 1 });
    const emptied = path.join(fs.realpathSync(cwd), 'test-results');
    expect(running.output).toContain(
      `the journals would lie in ${emptied}/leak/soak, inside ${emptied}, which Playwright empties at every run`,
    );
    expect(fs.existsSync(path.join(cwd, 'rounds.txt'))).toBe(false);
  });

  it('does not let a second scenario of one name write into the journal of the first', async () => {
    const { exitCode, output } = await soak(cwd, ['-g', 'twins', '--iterations', '200']);
    expect(exitCode).toBe(1);
    expect(output).toContain('scenario twin: the test has two of this name, whose journals would be one: give them different names');
    expect(verdicts()).toEqual(['twin: pass']);
    expect(fs.readdirSync(path.join(cwd, 'leak-report/soak')).filter((name) => name.endsWith('.previous'))).toEqual([]);
  });

  it('says which limit is refused, and that there was nothing to soak', async () => {
    const refused = await soak(cwd, ['-g', 'closes', '--fd-limit', '5']);
    expect(refused.exitCode).toBe(1);
    expect(refused.output).toMatch(/--fd-limit 5: this worker has \d+ files open already, so the limit must be at least \d+/);
    const nothing = await soak(cwd, ['-g', 'nothing to soak', '--reporter=line']);
    expect(nothing.exitCode).toBe(1);
    expect(nothing.output).toContain('leak: no scenario was soaked: no test that ran called leak.stability or leak.measure');
    const failing = await soak(cwd, ['-g', 'no such test']);
    expect(failing.exitCode).toBe(1);
    expect(failing.output).toContain('leak: no scenario was soaked: none began to measure, for the reason that Playwright has reported');
    const without = await soak(cwd, ['-g', 'counts', '--reporter=line', '--iterations', '30']);
    expect(without).toMatchObject({ exitCode: 0 });
    expect(without.output).toContain('The run left no report (the reporter of leak was not used)');
  });
});

describe('a signal to leak soak', () => {
  it('ends the scenario with its report, when it is delivered twice at once as well, and leaves no browser', async () => {
    const running = startSoak(cwd, ['-g', 'clicks', '--duration', '1h', '--sample-every', '200ms']);
    await running.until(/clicks · [1-9]\d* iterations · .* of 1 h/);
    running.kill('SIGTERM');
    running.kill('SIGTERM');
    expect({ exitCode: await running.ended, output: running.output }).toMatchObject({ exitCode: 0 });
    expect(running.output).toContain('leak soak · it was cut short: --resume continues it');
    expect(verdicts()[0]).toMatch(/^clicks: /);
    expect(reportIn(cwd).scenarios[0]?.reasons).toContain('cut short: SIGTERM');
    expect(journalIn(cwd, 'clicks').history.end?.cutShort).toBe('cut short: SIGTERM');
    await running.mark.allGone();
  });

  it('ends the scenario with its report when the folder of the journals has been removed', async () => {
    const running = startSoak(cwd, ['-g', 'clicks', '--duration', '1h', '--sample-every', '200ms']);
    await running.until(/clicks · [1-9]\d* iterations · .* of 1 h/);
    fs.rmSync(path.join(cwd, 'leak-report'), { recursive: true });
    running.kill('SIGTERM');
    expect({ exitCode: await running.ended, output: running.output }).toMatchObject({ exitCode: 0 });
    expect(reportIn(cwd).scenarios[0]?.reasons).toContain('cut short: SIGTERM');
    await running.mark.allGone();
  });

  it('stops a scenario that does not end by itself, and reports it', async () => {
    const running = startSoak(cwd, ['-g', 'hangs', '--duration', '1h']);
    await running.until(/hanging now/);
    running.kill('SIGHUP');
    expect({ exitCode: await running.ended, output: running.output }).toMatchObject({ exitCode: 1 });
    expect(reportIn(cwd).scenarios.map(({ name, verdict }) => `${name}: ${verdict}`)).toEqual(['hangs: inconclusive']);
    expect(journalIn(cwd, 'hangs').history.end?.cutShort).toBe('the run was interrupted; 1 iteration has not ended');
    expect(running.output).toContain('it was cut short: --resume continues it');
    await running.mark.allGone();
  });

  it.each([
    ['before the first scenario', ['-g', 'waits'], []],
    ['after the last scenario', ['-g', 'idle', '--iterations', '200'], ['before: pass']],
  ])('is passed on to Playwright %s, which tears down and reports', async (_, args, scenarios) => {
    const running = startSoak(cwd, args);
    await running.until(/waiting/);
    running.kill('SIGTERM');
    expect({ exitCode: await running.ended, output: running.output }).toMatchObject({ exitCode: 1 });
    expect(running.output).toContain('torn down');
    expect(verdicts()).toEqual(scenarios);
    expect(reportIn(cwd)).toMatchObject({ run: { status: 'interrupted' }, totals: { results: 1 + scenarios.length } });
    const none = 'leak: no scenario was soaked: SIGTERM came before one began to measure';
    expect(running.output.includes(none)).toBe(scenarios.length === 0);
    await running.mark.allGone();
  });

  it('kills at once when it comes again, and still tells what the journals know', async () => {
    const running = startSoak(cwd, ['-g', 'hangs', '--duration', '1h']);
    await running.until(/hanging now/);
    running.kill('SIGINT');
    // Less than half a second later it would be an echo of the first.
    await sleep(600);
    running.kill('SIGINT');
    expect({ exitCode: await running.ended, output: running.output }).toMatchObject({ exitCode: 130 });
    expect(reportIn(cwd)).toMatchObject({ verdict: 'inconclusive', gate: { failed: true }, run: { status: 'interrupted' } });
    expect(reportIn(cwd).scenarios[0]?.reasons).toContain('cut short: SIGINT, twice');
    expect(running.output).toContain('GATE FAILED  the run was killed before it could report');
    await running.mark.allGone();
  });

  it('leaves a report when it kills before there was a scenario as well', async () => {
    const running = startSoak(cwd, ['-g', 'waits']);
    await running.until(/waiting/);
    running.kill('SIGTERM');
    // Less than half a second later it would be an echo of the first.
    await sleep(600);
    running.kill('SIGTERM');
    expect({ exitCode: await running.ended, output: running.output }).toMatchObject({ exitCode: 143 });
    expect(reportIn(cwd)).toMatchObject({ verdict: 'inconclusive', gate: { failed: true }, scenarios: [] });
    expect(reportIn(cwd).notes).toContain('The run left no report (cut short: SIGTERM, twice): no scenario had begun to measure.');
    await running.mark.allGone();
  });
});
