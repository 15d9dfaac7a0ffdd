import { chmodSync, mkdirSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { leak, temporaryProject } from './temporaryProject.ts';

const REPORT = {
  schemaVersion: 1,
  verdict: 'leak',
  gate: { failed: true, reasons: ['1 new leak'], failOn: 'leak' },
  environment: { node: 'v20.20.2', playwright: '1.65.1', platform: 'linux', detectors: [{ name: 'fds', available: true }] },
  run: { status: 'passed', durationMs: 1200, outsideView: false },
  totals: { results: 1, passed: 1, failed: 0, skipped: 0, flaky: 0, errors: 0, new: 1, known: 0, allowed: 0, late: 0, inconclusive: 0 },
  tests: [
    {
      ...{
        id: 'a',
        title: 'exports',
        titlePath: ['a.spec.ts', 'exports'],
        file: 'a.spec.ts',
        line: 1,
        project: '',
        workerIndex: 0,
        retry: 0,
      },
      ...{ status: 'passed', verdict: 'leak', overheadMs: 0.9, notes: [] },
      findings: [
        {
          ...{ kind: 'fd', severity: 'leak', status: 'new', fingerprint: 'f', summary: '/tmp/orders.csv is still open' },
          ...{ hint: 'close it in a finally block', count: 1, bytes: null, scope: 'test', stack: [], evidence: {} },
          origin: { file: 'tests/a.spec.ts', line: 2, column: 14 },
        },
      ],
    },
  ],
  workers: [],
  scenarios: [],
  notes: [],
};
const SOURCE = "test('exports', () => {\n  const fd = fs.openSync(name);\n});\n";

describe('leak show', () => {
  it('prints the last report of the project, from any folder in it', async () => {
    const folder = temporaryProject({ 'package.json': {}, 'leak-report/report.json': REPORT });
    mkdirSync(path.join(folder, 'tests/deep'), { recursive: true });
    const { exitCode, out } = await leak(path.join(folder, 'tests/deep'), ['show']);
    expect(exitCode).toBe(0);
    expect(out).toContain('/tmp/orders.csv is still open');
    expect(out).toContain('GATE FAILED  1 new leak, 0 allowed · ../../leak-report/report.json');
  });

  it.each(['there/report.json', 'there'])('prints the report at %s', async (place) => {
    const folder = temporaryProject({ 'there/report.json': REPORT });
    expect(await leak(folder, ['show', place])).toMatchObject({ exitCode: 0, error: '' });
  });

  it('looks where PLAYWRIGHT_LEAK_OUTPUT_DIR says', async () => {
    const folder = temporaryProject({ 'package.json': {}, 'out/report.json': REPORT });
    expect((await leak(folder, ['show'], { env: { PLAYWRIGHT_LEAK_OUTPUT_DIR: 'out' } })).out).toContain('out/report.json');
  });

  it('shows the line of code, unless the source has changed since', async () => {
    const folder = temporaryProject({ 'tests/a.spec.ts': SOURCE, 'leak-report/report.json': REPORT });
    const file = path.join(folder, 'tests/a.spec.ts');
    utimesSync(file, 1, 1);
    expect((await leak(folder, ['show', 'leak-report'])).out).toContain('const fd = fs.openSync(name);');
    utimesSync(file, 4e9, 4e9);
    const changed = await leak(folder, ['show', 'leak-report']);
    expect(changed.exitCode).toBe(0);
    expect(changed.out).not.toContain('openSync');
  });

  it('keeps to the width of the screen and to its colours', async () => {
    const folder = temporaryProject({ 'report.json': REPORT });
    const plain = await leak(folder, ['show', 'report.json'], { columns: 60 });
    expect(plain.out).not.toContain('\u001b');
    expect((await leak(folder, ['show', 'report.json'], { color: true })).out).toContain('\u001b[31m');
  });

  it.each([
    ['no such file', {}, "leak: There is no report at report.json: run npx playwright test --reporter=leak, or name the report's path.\n"],
    ['a cut report', { 'report.json': JSON.stringify(REPORT).slice(0, 200) }, /^leak: report\.json: the report is cut off: .*\.\n$/],
    ['a newer report', { 'report.json': { ...REPORT, schemaVersion: 2 } }, /^leak: report\.json: .*update leak.*\.\n$/],
    ['something else', { 'report.json': { some: 'JSON' } }, /^leak: report\.json: .*no report of leak.*\.\n$/],
  ])('says in one sentence that it was given %s, and exits with 1', async (_what, files, sentence) => {
    const { exitCode, out, error } = await leak(temporaryProject(files), ['show', 'report.json']);
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(error).toMatch(sentence);
  });

  it.skipIf(process.getuid?.() === 0)('says that a report cannot be read', async () => {
    const folder = temporaryProject({ 'report.json': REPORT });
    chmodSync(path.join(folder, 'report.json'), 0);
    expect((await leak(folder, ['show', 'report.json'])).error).toContain('report.json cannot be read');
  });
});
