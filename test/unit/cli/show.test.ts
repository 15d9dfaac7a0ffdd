import { chmodSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
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
    const folder = temporaryProject({ 'package.json': {}, 'tests/a.spec.ts': SOURCE, 'leak-report/report.json': REPORT });
    const file = path.join(folder, 'tests/a.spec.ts');
    utimesSync(file, 1, 1);
    expect((await leak(folder, ['show', 'leak-report'])).out).toContain('const fd = fs.openSync(name);');
    utimesSync(file, 4e9, 4e9);
    const changed = await leak(folder, ['show', 'leak-report']);
    expect(changed.exitCode).toBe(0);
    expect(changed.out).not.toContain('openSync');
  });

  it('shows no code of files outside of the repository, nor of what is no source file, whatever a report names', async () => {
    const files = { 'secret.ts': 'SECRET\nSECRET', 'shop/.git/hook.ts': 'SECRET\nSECRET', 'shop/.env': 'SECRET\nSECRET' };
    const folder = temporaryProject({ ...files, 'shop/e2e/package.json': {}, 'shop/lib/open.ts': SOURCE });
    const named = ['../secret.ts', '../../secret.ts', path.join(folder, 'secret.ts'), '../.git/hook.ts', '../.env', '/etc/hosts'];
    const shown = async (file: string) => {
      const [test] = REPORT.tests;
      const findings = test?.findings.map((finding) => ({ ...finding, origin: { ...finding.origin, file } }));
      const report = path.join(folder, 'shop/e2e/leak-report/report.json');
      mkdirSync(path.dirname(report), { recursive: true });
      writeFileSync(report, JSON.stringify({ ...REPORT, tests: [{ ...test, findings }] }));
      return (await leak(path.join(folder, 'shop/e2e'), ['show', '--format', 'junit'])).out;
    };
    for (const file of named) expect(await shown(file)).not.toMatch(/SECRET|localhost/);
    // A package beside that of the suite is of the same repository.
    expect(await shown('../lib/open.ts')).toContain('const fd = fs.openSync(name);');
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

describe('leak show --format', () => {
  /** As Playwright has it: names are relative to the testDir. */
  const { tests, ...rest } = REPORT;
  const IN_TESTS = { ...rest, tests: tests.map((test) => ({ ...test, findings: test.findings.map(atTheTest) })) };
  function atTheTest<T extends object>(finding: T): T & { origin: object } {
    return { ...finding, origin: { file: 'a.spec.ts', line: 2, column: 14 } };
  }
  const project = { 'package.json': {}, 'e2e/tests/a.spec.ts': SOURCE, 'leak-report/report.json': IN_TESTS };

  it.each([
    ['codequality', /"path": "e2e\/tests\/a\.spec\.ts"/],
    ['sarif', /"uri": "e2e\/tests\/a\.spec\.ts"[^]*"startLine": 2/],
    ['junit', /file="e2e\/tests\/a\.spec\.ts"[^]*<failure message="fd · [^]*const fd = fs\.openSync/],
    ['markdown', /^## ❌ leak: something leaks[^]*const fd = fs\.openSync[^]*<code>leak-report\/report\.json<\/code>/],
    ['github', /^::error file=e2e\/tests\/a\.spec\.ts,line=2,col=14,title=leak in /],
    ['line', /^leak: verdict=leak gate=failed fail-on=leak new=1 .*\n$/],
    ['terminal', /const fd = fs\.openSync[^]*GATE FAILED/],
  ])('%s: converts a report, with paths in the repository and the code', async (format, expected) => {
    const folder = temporaryProject({ ...project, '.git': 'gitdir: elsewhere' });
    utimesSync(path.join(folder, 'e2e/tests/a.spec.ts'), 1, 1);
    const { exitCode, out, error } = await leak(folder, ['show', '--format', format]);
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' });
    expect(out).toMatch(expected);
  });

  it('looks for the files of all of the first tests, and takes the folder that is named', async () => {
    const both = { ...IN_TESTS, tests: [...IN_TESTS.tests, { ...IN_TESTS.tests[0], id: 'b', file: 'b.spec.ts' }] };
    const decoy = { 'a/a.spec.ts': SOURCE, 'e2e/tests/b.spec.ts': SOURCE, 'leak-report/report.json': both };
    const folder = temporaryProject({ ...project, ...decoy, '.git': '' });
    expect((await leak(folder, ['show', '--format', 'github'])).out).toContain('::error file=e2e/tests/a.spec.ts,');
    expect((await leak(folder, ['show', '--format', 'github', '--root', 'a'])).out).toContain('::error file=a/a.spec.ts,');
  });

  it('takes paths relative to the workspace of the CI server', async () => {
    const folder = temporaryProject(project);
    const env = { GITHUB_WORKSPACE: path.join(folder, 'e2e') };
    expect((await leak(folder, ['show', '--format', 'github'], { env })).out).toContain('::error file=tests/a.spec.ts,');
  });

  it('says when the files are nowhere, and converts the report all the same', async () => {
    const folder = temporaryProject({ 'package.json': {}, 'leak-report/report.json': IN_TESTS, '.git': '' });
    const { exitCode, out, error } = await leak(folder, ['show', '--format', 'codequality']);
    expect(error).toBe('leak: the files that the report names were not found here; --root names the folder they are relative to.\n');
    expect({ exitCode, entries: JSON.parse(out) as unknown }).toMatchObject({
      exitCode: 0,
      entries: [{ location: { path: 'a.spec.ts' } }],
    });
  });

  it.each([
    [['--format', 'html'], 'leak: --format takes terminal, junit, sarif, codequality, markdown, github, line, came "html".\n'],
    [['--root', 'nowhere'], 'leak: --root takes a folder, and "nowhere" is none.\n'],
  ])('refuses %j', async (args, sentence) => {
    expect(await leak(temporaryProject(project), ['show', ...args])).toEqual({ exitCode: 2, out: '', error: sentence });
  });
});
