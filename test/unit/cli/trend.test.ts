import { chmodSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { finding, report, scenario, test } from '../render/sampleReports.ts';
import { leak, temporaryProject } from './temporaryProject.ts';

const OLD = finding(0, { summary: '/tmp/old.csv is still open', fingerprint: 'a' });
const YOUNG = finding(2, { fingerprint: 'b' });

/** A build with these findings, whose worker ended with so many descriptors. */
function build(findings: readonly (typeof OLD)[], fds: number) {
  const base = report([test(0, { findings })]);
  return {
    ...base,
    workers: base.workers.map((worker) => ({ ...worker, courses: { fds: { first: 20, last: fds, samples: [20, fds] } } })),
  };
}

const BUILDS = {
  'builds/9/leak-report/report.json': build([OLD], 24),
  'builds/10/leak-report/report.json': build([OLD, YOUNG], 30),
  'builds/11/leak-report/report.json': build([YOUNG], 28),
};

describe('leak trend', () => {
  it('says in which build a leak first appeared and in which it was gone, in the natural order of the names', async () => {
    const { exitCode, out, error } = await leak(temporaryProject(BUILDS), ['trend', 'builds']);
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' });
    expect(out).toContain('leak trend · 3 builds · 9 … 11 · 2 leaks');
    expect(out).toContain('file descriptors of the fullest worker 24 → 28');
    expect(out).toMatch(/·■■ {2}since 10\n {2}handle · server 127\.0\.0\.1:34197 is still open · area-2\/orders\.spec\.ts:32/);
    expect(out).toMatch(/■■· {2}gone since 11\n {2}fd · \/tmp\/old\.csv is still open/);
  });

  it('takes files in the order given, and calls new what only the last has', async () => {
    const folder = temporaryProject({ 'one.json': build([], 20), 'two.json': build([OLD], 21) });
    expect((await leak(folder, ['trend', 'one.json', 'two.json'])).out).toContain('·■  new in two');
    expect((await leak(folder, ['trend', 'two.json', 'one.json'])).out).toContain('■·  gone since one');
  });

  it('calls a leak gone only after a build that looked for it', async () => {
    const clean = report([test(0, { findings: [] })]);
    const others = report([test(1)], { run: { ...clean.run, partial: 'only some tests were chosen (-g x)' } });
    const interrupted = report([], { run: { ...clean.run, status: 'interrupted', partial: 'the run was interrupted' } });
    const failed = report([test(0, { status: 'failed' })]);
    const blind = { ...clean, environment: { ...clean.environment, detectors: [{ name: 'fds', available: false, reason: 'no /proc' }] } };
    const notLooked = { 'b.json': others, 'c.json': interrupted, 'd.json': failed, 'e.json': blind };
    const folder = temporaryProject({ 'a.json': build([OLD], 20), ...notLooked, 'f.json': clean });
    const { out } = await leak(folder, ['trend', 'a.json', ...Object.keys(notLooked)]);
    expect(out).toContain('■????  last seen in a, not known since\n');
    expect(out).toContain('\n■ there  · looked for, and not there  ? not looked for, allowed, or closed late\n');
    expect((await leak(folder, ['trend', 'a.json', 'b.json', 'f.json'])).out).toContain('■?·  gone since f\n');
  });

  it('does not call gone what is allowed now, or only closed late', async () => {
    const allowed = report([test(0, { findings: [{ ...OLD, status: 'allowed' }] })]);
    const late = report([test(0, { findings: [{ ...OLD, severity: 'late' }] })]);
    const folder = temporaryProject({ 'a.json': build([OLD], 20), 'b.json': allowed, 'c.json': late });
    expect((await leak(folder, ['trend', 'a.json', 'b.json', 'c.json'])).out).toContain('■??  last seen in a, not known since\n');
  });

  it('does not call new what the build before did not look for', async () => {
    const others = report([test(1)], { run: { ...report([]).run, partial: 'only some tests were chosen (-g x)' } });
    const folder = temporaryProject({ 'a.json': others, 'b.json': build([OLD], 20), 'c.json': build([], 20) });
    expect((await leak(folder, ['trend', 'a.json', 'b.json'])).out).toContain('?■  first seen in b\n');
    expect((await leak(folder, ['trend', 'a.json', 'b.json', 'c.json'])).out).toContain('?■·  first seen in b, gone since c\n');
    expect((await leak(folder, ['trend', 'c.json', 'b.json'])).out).toContain('·■  new in b\n');
  });

  it('follows the causes of scenarios that failed as it does leaks, also where no reporter has judged them', async () => {
    const failing = report([test(0, { verdict: 'leak' })], { verdict: 'leak', scenarios: [scenario()] });
    const holding = report([test(0)], { scenarios: [scenario({ verdict: 'pass', failed: false })] });
    const undecided = report([test(0, { verdict: 'inconclusive' })], { scenarios: [scenario({ verdict: 'inconclusive', failed: false })] });
    const folder = temporaryProject({ 'a.json': holding, 'b.json': failing, 'c.json': undecided });
    const { out } = await leak(folder, ['trend', 'a.json', 'b.json', '--html', 'trend.html']);
    expect(out).toContain('· 2 builds · a … b · 1 leak\n');
    expect(out).toContain('·■  new in b\n  scenario · drawer: fds · area-0/orders.spec.ts:12\n');
    expect(readFileSync(path.join(folder, 'trend.html'), 'utf8')).toContain('drawer: fds');
    expect((await leak(folder, ['trend', 'b.json', 'c.json'])).out).toContain('■?  last seen in b, not known since\n');
    expect((await leak(folder, ['trend', 'b.json', 'a.json'])).out).toContain('■·  gone since a\n');
  });

  it('says that no build has a leak only when every verdict says so', async () => {
    const verdict = (name: 'pass' | 'leak' | 'inconclusive') => report([test(0)], { verdict: name });
    const folder = temporaryProject({ 'a.json': verdict('pass'), 'b.json': verdict('leak'), 'c.json': verdict('inconclusive') });
    const say = async (...names: readonly string[]) => (await leak(folder, ['trend', ...names])).out.split('\n').at(-2);
    expect(await say('a.json')).toBe('No build has a leak.');
    expect(await say('a.json', 'b.json')).toBe('No report names a leak, but this verdict is leak: b. leak show tells more.');
    expect(await say('a.json', 'c.json')).toBe('No leak was seen; inconclusive: c.');
  });

  it('marks in HTML what a build does not tell apart from what it does', async () => {
    const others = report([test(1)], { run: { ...report([]).run, partial: 'only some tests were chosen (-g x)' } });
    const folder = temporaryProject({ 'a.json': build([OLD], 20), 'b.json': others, 'c.json': build([], 20) });
    await leak(folder, ['trend', 'a.json', 'b.json', 'c.json', '--html', 'trend.html']);
    const html = readFileSync(path.join(folder, 'trend.html'), 'utf8');
    expect(html).toContain('aria-label="in 1 of 3 builds, 1 unknown"');
    expect(html).toContain('<i class="is-unknown" title="b: not looked for, allowed, or closed late"></i>');
    expect(html).toContain('<i class="is-absent" title="c: looked for, and not there"></i>');
  });

  it('counts neither late nor allowed findings', async () => {
    const folder = temporaryProject({ 'a.json': build([finding(0, { severity: 'late' }), finding(1, { status: 'allowed' })], 20) });
    expect((await leak(folder, ['trend', 'a.json'])).out).toContain('No build has a leak.');
  });

  it('writes an HTML page that holds no script and no text of others as HTML', async () => {
    const evil = '<script>alert(1)</script>\u202e';
    const folder = temporaryProject({ 'a.json': build([], 20), 'b.json': build([{ ...OLD, summary: evil }], 21) });
    const { exitCode, out } = await leak(folder, ['trend', 'a.json', 'b.json', '--html', 'out/trend.html']);
    expect({ exitCode, last: out.split('\n').at(-2) }).toEqual({ exitCode: 0, last: 'out/trend.html' });
    const html = readFileSync(path.join(folder, 'out/trend.html'), 'utf8');
    expect(html).toContain("default-src 'none'; style-src".replaceAll("'", '&#39;'));
    expect(html).not.toContain('<script');
    expect(html).not.toContain('\u202e');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;\\u202e');
    expect(html).toContain('new in b');
  });

  it.each([
    ['a loop of links', 'loop', /^leak: loop cannot be read \(ELOOP.*\)\.\n$/],
    ['a name that is too long', 'x'.repeat(5000), /^leak: x+ cannot be read \(ENAMETOOLONG.*\)\.\n$/],
    ['a file taken for a folder', 'a.json/report.json', /^leak: There is no file or folder a\.json\/report\.json\.\n$/],
  ])('says in one sentence why %s cannot be read', async (_, name, sentence) => {
    const folder = temporaryProject({ 'a.json': build([], 20) });
    symlinkSync('loop', path.join(folder, 'loop'));
    const { exitCode, error } = await leak(folder, ['trend', name]);
    expect(error).toMatch(sentence);
    expect(exitCode).toBe(1);
  });

  it('and leak show say the same of a report that cannot be reached', async () => {
    const folder = temporaryProject({});
    symlinkSync('loop', path.join(folder, 'loop'));
    const answer = { exitCode: 1, out: '', error: expect.stringMatching(/^leak: loop cannot be read \(ELOOP.*\)\.\n$/) as unknown };
    expect(await leak(folder, ['show', 'loop'])).toEqual(answer);
    expect(await leak(folder, ['show', '--root', 'loop'])).toMatchObject({
      exitCode: 2,
      error: 'leak: --root takes a folder, and "loop" is none.\n',
    });
    const env = { PLAYWRIGHT_LEAK_OUTPUT_DIR: 'loop' };
    expect((await leak(folder, ['baseline'], { env })).error).toMatch(/^leak: loop\/report\.json cannot be read \(ELOOP.*\)\.\n$/);
  });

  // To root, every folder is readable.
  it.skipIf(process.getuid?.() === 0)('skips a folder below that may not be read, and says so', async () => {
    const folder = temporaryProject({ ...BUILDS, 'builds/12/report.json': build([], 20) });
    chmodSync(path.join(folder, 'builds/12'), 0o000);
    onTestFinished(() => chmodSync(path.join(folder, 'builds/12'), 0o700));
    const { exitCode, out, error } = await leak(folder, ['trend', 'builds']);
    expect({ exitCode, error }).toEqual({
      exitCode: 0,
      error: expect.stringMatching(/^leak: skipped builds\/12 cannot be read \(EACCES.*\)\.\n$/) as unknown,
    });
    expect(out).toContain('3 builds');
    expect((await leak(folder, ['trend', 'builds/12'])).error).toMatch(/^leak: builds\/12 cannot be read \(EACCES/);
    expect((await leak(folder, ['show', 'builds/12'])).error).toMatch(/^leak: builds\/12\/report\.json cannot be read \(EACCES/);
  });

  it('takes the report out of what leak writes beside it', async () => {
    const beside = { 'leak-report/gl-code-quality-report.json': [], 'leak-report/leak-baseline.json': { schemaVersion: 1, findings: [] } };
    const folder = temporaryProject({ 'leak-report/report.json': build([OLD], 20), ...beside });
    const { out, error } = await leak(folder, ['trend', 'leak-report']);
    expect(error).toBe('');
    expect(out).toContain('· 1 build ·');
  });

  it('skips what is no report in a folder, and says so', async () => {
    const folder = temporaryProject({ ...BUILDS, 'builds/notes.json': { some: 'JSON' }, 'builds/12/report.json': { schemaVersion: 2 } });
    const { exitCode, out, error } = await leak(folder, ['trend', 'builds']);
    expect(exitCode).toBe(0);
    expect(out).toContain('3 builds');
    expect(error).toMatch(
      /^leak: skipped builds\/12\/report\.json: .*update leak.*\.\nleak: skipped builds\/notes\.json: .*no report of leak.*\.\n$/,
    );
  });

  it.each([
    ['no arguments', [], {}, 2, /^leak: trend takes reports, oldest first, or a folder with them\.\n$/],
    ['a path that is not there', ['nowhere'], {}, 1, /^leak: There is no file or folder nowhere\.\n$/],
    ['a folder without reports', ['empty'], { 'empty/a.txt': '' }, 1, /^leak: There is no report in the folder empty: .*\.\n$/],
    ['a newer report', ['a.json'], { 'a.json': { schemaVersion: 7 } }, 1, /^leak: a\.json: .*schema version 7.*update leak.*\.\n$/],
    ['a cut report', ['a.json'], { 'a.json': '{"schemaVersion":1,' }, 1, /^leak: a\.json: .*cut off.*\.\n$/],
    ['something else', ['a.json'], { 'a.json': [] }, 1, /^leak: a\.json: .*no report of leak.*\.\n$/],
    ['an option it does not know', ['a.json', '--csv'], {}, 2, /^leak: Unknown option '--csv'.*\.\n$/],
  ])('says in one sentence that it was given %s', async (_what, args, files, code, sentence) => {
    const { exitCode, out, error } = await leak(temporaryProject(files), ['trend', ...args]);
    expect({ exitCode, out }).toEqual({ exitCode: code, out: '' });
    expect(error).toMatch(sentence);
  });

  it('says that the page could not be written, after printing the trend', async () => {
    const folder = temporaryProject({ 'a.json': build([OLD], 20), blocked: '' });
    const { exitCode, out, error } = await leak(folder, ['trend', 'a.json', '--html', 'blocked/x.html']);
    expect(exitCode).toBe(1);
    expect(out).toContain('1 build · a · 1 leak');
    expect(error).toMatch(/^leak: blocked\/x\.html could not be written \(.*\)\.\n$/);
    expect(existsSync(path.join(folder, 'blocked/x.html'))).toBe(false);
  });
});
