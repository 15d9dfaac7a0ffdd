import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parseBaseline } from '../../../src/core/baseline.ts';
import { finding, report, test } from '../render/sampleReports.ts';
import { leak, temporaryProject } from './temporaryProject.ts';

const FILE = finding(0, { fingerprint: 'a', count: 2, summary: '/tmp/old.csv is still open' });
const SERVER = finding(2, { fingerprint: 'b' });
const REPORT = 'leak-report/report.json';

/** A report of a whole run of two tests, with these findings in the first. */
function run(findings: readonly (typeof FILE)[], fields: object = {}) {
  return { ...report([test(0, { findings }), test(1, { findings: [] })]), ...fields };
}

/** A project with a last report; `again` replaces it. */
function project(findings: readonly (typeof FILE)[], files: Readonly<Record<string, string | object>> = {}) {
  const folder = temporaryProject({ 'package.json': {}, [REPORT]: run(findings), ...files });
  return {
    folder,
    again: (next: readonly (typeof FILE)[], fields: object = {}) => {
      writeFileSync(path.join(folder, REPORT), JSON.stringify(run(next, fields)));
    },
    call: (...args: readonly string[]) => leak(folder, ['baseline', ...args]),
    text: (name = 'leak-baseline.json') => readFileSync(path.join(folder, name), 'utf8'),
    known: () => [...parseBaseline(readFileSync(path.join(folder, 'leak-baseline.json'), 'utf8')).leaks.values()],
  };
}

describe('leak baseline', () => {
  it('writes the leaks of the last report, sorted, one line a field, as the schema says', async () => {
    const { call, text } = project([SERVER, FILE, finding(1, { severity: 'late' }), finding(3, { status: 'allowed' })]);
    const { exitCode, out, error } = await call();
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' });
    expect(out).toBe(`leak baseline · leak-baseline.json written: 2 known leaks
  + handle · server 127.0.0.1:34197 is still open · area-2/orders.spec.ts
  + fd · /tmp/old.csv is still open · area-0/orders.spec.ts (2 times)
`);
    expect(text()).toBe(`{
  "schemaVersion": 1,
  "findings": [
    {
      "fingerprint": "a",
      "count": 2,
      "kind": "fd",
      "summary": "/tmp/old.csv is still open",
      "origin": "area-0/orders.spec.ts",
      "tests": [
        "[chromium] › area-0/orders.spec.ts › Orders › exports the orders of customer 0"
      ]
    },
    {
      "fingerprint": "b",
      "count": 1,
      "kind": "handle",
      "summary": "server 127.0.0.1:34197 is still open",
      "origin": "area-2/orders.spec.ts",
      "tests": [
        "[chromium] › area-0/orders.spec.ts › Orders › exports the orders of customer 0"
      ]
    }
  ]
}
`);
    const schema = JSON.parse(readFileSync(new URL('../../../src/core/baselineSchema.json', import.meta.url), 'utf8')) as object;
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
    expect(validate(JSON.parse(text())), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ schemaVersion: 1, findings: [{ count: 1 }] })).toBe(false);
  });

  it('does not change when the lines have moved', async () => {
    const { call, text, again } = project([FILE]);
    await call();
    const before = text();
    again([{ ...FILE, origin: { file: FILE.origin?.file ?? '', line: 999, column: 1 }, stack: [] }]);
    expect((await call('--update')).out).toBe('leak baseline · leak-baseline.json unchanged: 1 known leak\n');
    expect(text()).toBe(before);
  });

  it('refuses to grow by itself, says by what, and writes nothing', async () => {
    const { call, text, again } = project([FILE]);
    await call();
    const before = text();
    again([{ ...FILE, count: 3 }, SERVER]);
    const { exitCode, out, error } = await call();
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(error).toBe(`leak: 2 leaks are not in leak-baseline.json, or more than it knows:
  ~ fd · /tmp/old.csv is still open · area-0/orders.spec.ts (2 → 3)
  + handle · server 127.0.0.1:34197 is still open · area-2/orders.spec.ts
Nothing was written: a baseline does not grow by itself. Mend them, or accept them with --add.
`);
    expect(text()).toBe(before);
  });

  it('grows with --add, and keeps what is gone', async () => {
    const { call, known, again } = project([FILE]);
    await call();
    again([SERVER]);
    expect((await call('--add')).exitCode).toBe(0);
    expect(known()).toMatchObject([
      { fingerprint: 'a', count: 2 },
      { fingerprint: 'b', count: 1 },
    ]);
  });

  it('says what is gone, and drops it with --prune, which takes nothing in', async () => {
    const { call, known, again } = project([FILE, SERVER]);
    await call();
    again([{ ...FILE, count: 1 }, finding(4, { fingerprint: 'c' })]);
    expect((await call()).exitCode).toBe(1);
    again([{ ...FILE, count: 1 }]);
    const { exitCode, out } = await call();
    expect(exitCode).toBe(0);
    expect(out).toContain(
      'unchanged: 2 known leaks\nGone, or fewer now:\n  ~ fd · /tmp/old.csv is still open · area-0/orders.spec.ts (2 → 1)',
    );
    again([{ ...FILE, count: 1 }, finding(4, { fingerprint: 'c' })]);
    expect(await call('--prune')).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('changed: 1 known leak\n') as unknown,
      error: 'leak: 1 leak not in it: --add accepts what it does not know.\n',
    });
    expect(known()).toMatchObject([{ fingerprint: 'a', count: 1 }]);
    again([]);
    expect((await call('--prune')).out).toContain('It knows no leak any more and can be deleted.');
  });

  it('prunes nothing that a partial run did not look for', async () => {
    const { call, known, again, folder } = project([FILE]);
    await call();
    const elsewhere = { ...report([test(1, { findings: [] })]), run: { ...report([]).run, partial: 'only some tests were chosen (-g x)' } };
    writeFileSync(path.join(folder, REPORT), JSON.stringify(elsewhere));
    expect((await call('--prune')).out).toContain('unchanged: 1 known leak');
    again([], { run: elsewhere.run });
    expect((await call('--prune')).out).toContain('The report does not show the whole suite: only some tests were chosen (-g x).\n');
    expect(known()).toEqual([]);
  });

  it('does --add and --prune with --update', async () => {
    const { call, known, again } = project([FILE]);
    await call();
    again([SERVER]);
    expect((await call('--update')).out).toBe(`leak baseline · leak-baseline.json changed: 1 known leak
  - fd · /tmp/old.csv is still open · area-0/orders.spec.ts (2 times)
  + handle · server 127.0.0.1:34197 is still open · area-2/orders.spec.ts
`);
    expect(known()).toMatchObject([{ fingerprint: 'b' }]);
  });

  it('holds what the run used as budgets with --budgets, and lowers them after a whole run that used less', async () => {
    const { call, text, again } = project([FILE]);
    const budgets = (): unknown => (JSON.parse(text()) as { budgets?: unknown }).budgets;
    expect((await call('--budgets')).out).toContain('  + budget fds 27\n');
    expect(budgets()).toEqual({ fds: 27, processes: 8, heapGrowthBytes: 10_000_000, leaks: 2 });
    again([]);
    expect((await call('--prune')).out).toContain('  ~ budget leaks 2 → 0\n');
    expect(budgets()).toMatchObject({ leaks: 0 });
    again([], { run: { ...report([]).run, status: 'failed' } });
    expect((await call()).out).toContain('unchanged: no known leaks');
  });

  it('refuses to raise budgets by itself', async () => {
    const { call, text, again } = project([FILE], {
      'leak-baseline.json': { schemaVersion: 1, budgets: { leaks: 1, fds: 99 }, findings: [] },
    });
    const before = text();
    const { exitCode, error } = await call();
    expect({ exitCode, error }).toEqual({
      exitCode: 1,
      error: `leak: 1 leak is not in leak-baseline.json, or more than it knows:
  + fd · /tmp/old.csv is still open · area-0/orders.spec.ts (2 times)
The run is above 1 budget of leak-baseline.json:
  2 leaks in all (budget 1)
Nothing was written: a baseline does not grow by itself. Mend them, or accept them with --update.
`,
    });
    expect(text()).toBe(before);
    const above = { exitCode: 1, error: 'leak: the run is above 1 budget: --update raises them.\n' };
    expect(await call('--add')).toMatchObject(above);
    expect(await call('--budgets')).toMatchObject(above);
    expect(await call('--prune')).toMatchObject(above);
    expect(text()).toContain('"leaks": 1');
    const raised = await call('--update');
    expect(raised.out).toContain('~ budget leaks 1 → 2');
    expect(raised.exitCode).toBe(0);
    again([FILE]);
    expect((await call()).exitCode).toBe(0);
  });

  it('takes several reports together: what one of them still shows is not gone', async () => {
    const { folder, call } = project([FILE, SERVER], { 'mac.json': run([SERVER]) });
    await call();
    const { out } = await leak(folder, ['baseline', '--prune', 'mac.json', REPORT]);
    expect(out).toContain('unchanged: 2 known leaks');
    expect((await call('--prune', 'mac.json')).out).toContain('changed: 1 known leak');
  });

  it('finds the baseline above, and writes where it is told to', async () => {
    const { folder, call, text } = project([FILE]);
    await call();
    mkdirSync(path.join(folder, 'e2e/deep'), { recursive: true });
    expect((await leak(path.join(folder, 'e2e/deep'), ['baseline'])).out).toContain('../../leak-baseline.json unchanged');
    await call('-o', 'known/mine.json');
    expect(text('known/mine.json')).toBe(text());
    const env = { PLAYWRIGHT_LEAK_BASELINE: 'env.json' };
    expect((await leak(folder, ['baseline'], { env })).out).toContain('env.json written');
    const none = { env: { PLAYWRIGHT_LEAK_BASELINE: 'false' } };
    expect(await leak(folder, ['baseline'], none)).toEqual({
      exitCode: 1,
      out: '',
      error: 'leak: PLAYWRIGHT_LEAK_BASELINE is false, which means no baseline: unset it, or name a file with --output.\n',
    });
    expect((await leak(folder, ['baseline', '-o', 'named.json'], none)).out).toContain('named.json written');
  });

  it('needs no file when nothing leaked', async () => {
    const { folder, call } = project([]);
    expect(await call()).toEqual({ exitCode: 0, out: 'leak baseline · nothing leaked: no baseline is needed\n', error: '' });
    expect(existsSync(path.join(folder, 'leak-baseline.json'))).toBe(false);
  });

  const { run: ran } = report([]);
  const inconclusive = { verdict: 'inconclusive' } as const;
  it.each([
    ['was interrupted', report([], { ...inconclusive, run: { ...ran, partial: 'the run was interrupted' } }), 'the run was interrupted'],
    ['has no test', report([]), 'no test ran'],
    ['could not judge a test', report([test(0), test(1, inconclusive)], inconclusive), '1 of 2 results could not be judged'],
    ['is inconclusive as a whole', report([test(0)], inconclusive), 'the verdict is inconclusive'],
  ])('does not say that nothing leaked after a run that %s', async (_, content, why) => {
    const folder = temporaryProject({ 'package.json': {}, [REPORT]: content });
    const { exitCode, out } = await leak(folder, ['baseline']);
    expect(out).toBe(`leak baseline · no leak was seen, which does not say that there is none: ${why}\n`);
    expect(exitCode).toBe(0);
    expect(existsSync(path.join(folder, 'leak-baseline.json'))).toBe(false);
  });

  it.each([
    ['{\n<<<<<<< HEAD\n', /^leak: leak-baseline\.json cannot be used: line 2 has a merge-conflict marker .*keep the entries of both sides/],
    ['{"schemaVersion":9,"findings":[]}', /schema version 9, this release reads version 1: update leak\.\n$/],
    ['', /it is empty: mend it, or delete the file/],
    [
      JSON.stringify(run([FILE])),
      /^leak: leak-baseline\.json is a report, which would be overwritten: name another file with --output\.\n$/,
    ],
  ])('leaves alone a file that is no baseline: %j', async (content, message) => {
    const { call, text } = project([FILE], { 'leak-baseline.json': content });
    const { exitCode, error } = await call('--update');
    expect(exitCode).toBe(1);
    expect(error).toMatch(message);
    expect(text()).toBe(content);
  });

  it('says what keeps it from reading the report or writing the file', async () => {
    const { folder, call } = project([FILE], { 'cut.json': '{"schemaVersion":1,', 'new.json': { schemaVersion: 2 } });
    expect((await call('cut.json')).error).toMatch(/^leak: cut\.json: the report is cut off/);
    expect((await call('new.json')).error).toMatch(/schema version 2.*update leak/);
    expect((await call('none.json')).error).toBe('leak: There is no file or folder none.json.\n');
    mkdirSync(path.join(folder, 'folder'));
    expect((await call('-o', 'folder')).error).toMatch(/^leak: folder cannot be read/);
    expect((await call('-o', `${REPORT}/x.json`)).error).toMatch(/x\.json could not be written .*name another file with --output/);
    expect((await leak(temporaryProject({ 'package.json': {} }), ['baseline'])).error).toMatch(/^leak: There is no report at leak-report/);
    expect((await call('--ad')).exitCode).toBe(2);
    expect((await call('-o', '')).exitCode).toBe(2);
  });
});
