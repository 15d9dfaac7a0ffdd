import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { descriptorDiagnosis, nodeDiagnosis } from '../../../src/cli/machineDiagnoses.ts';
import { ownPackage } from '../../../src/assets/ownPackage.ts';
import { reporterDiagnoses } from '../../../src/cli/suiteDiagnoses.ts';
import { withoutComments } from '../../../src/cli/withoutComments.ts';
import { leak, temporaryProject } from './temporaryProject.ts';

const CHROMIUM = 'exports.chromium = { executablePath: () => __filename };';

/** A package called leak, with this in its package.json. */
function installed(manifest: object) {
  return { 'node_modules/leak/package.json': { name: 'leak', main: 'index.js', ...manifest }, 'node_modules/leak/index.js': '' };
}

/** A copy of this one. */
function copyOf(version: string) {
  return installed({ version, exports: { '.': './index.js', './fixtures': './index.js' } });
}

/** A project in which everything is as it should be. */
const SOUND = {
  'package.json': {},
  'playwright.config.ts': "export default { reporter: [['list'], ['leak']] };",
  'tests/a.spec.ts': "import { test } from 'leak/fixtures';",
  ...copyOf(ownPackage().version),
  'node_modules/@playwright/test/package.json': { version: '1.65.1', main: 'index.js' },
  'node_modules/@playwright/test/index.js': CHROMIUM,
  'node_modules/playwright-core/package.json': { version: '1.65.1' },
};

/** Subjects of the lines that begin with a mark. */
function subjects(out: string, mark: 'ok' | 'note' | 'BREAK'): string[] {
  return out
    .split('\n')
    .filter((line) => line.startsWith(mark))
    .map((line) => line.slice(7, 19).trim());
}

async function doctor(files: Readonly<Record<string, string | object>>, from = '.') {
  const folder = temporaryProject(files);
  return leak(path.join(folder, from), ['doctor']);
}

describe('leak doctor', () => {
  it('has nothing to say against a sound project', async () => {
    const { exitCode, out } = await doctor(SOUND);
    expect(subjects(out, 'BREAK')).toEqual([]);
    expect(subjects(out, 'note').filter((subject) => subject !== 'detector' && subject !== 'fd limit')).toEqual([]);
    expect(out).toContain('Nothing here keeps leak from working.');
    expect(exitCode).toBe(0);
  });

  it('names every detector, and says why one does not run', async () => {
    const { out } = await doctor(SOUND);
    const lines = out.split('\n').filter((line) => line.slice(7).startsWith('detector'));
    expect(lines.map((line) => line.slice(19).split(' ')[0])).toEqual(['fds', 'processes', 'handles', 'heap', 'objects', 'browser']);
    for (const line of lines) expect(line).toMatch(/runs here$|does not run here: ./);
  });

  it('is right from a folder inside the project', async () => {
    expect(await doctor(SOUND, 'tests')).toMatchObject({ exitCode: 0 });
  });

  it.each([
    ['no Playwright', { 'node_modules/@playwright/test/package.json': '' }, 'Playwright', '@playwright/test is not installed here'],
    [
      'a Playwright that is too old',
      { 'node_modules/@playwright/test/package.json': { version: '1.49.1', main: 'index.js' } },
      'Playwright',
      '1.49.1 is outside of >=1.50.0 <2',
    ],
    [
      'a Playwright that is too new',
      { 'node_modules/@playwright/test/package.json': { version: '2.0.0', main: 'index.js' } },
      'Playwright',
      '2.0.0 is outside of >=1.50.0 <2',
    ],
    [
      'a second Playwright inside a dependency',
      { 'node_modules/pages/node_modules/@playwright/test/package.json': { version: '1.60.0' } },
      'copies',
      'installed 2 times: 1.65.1 in node_modules/@playwright/test, 1.60.0 in node_modules/pages/node_modules/@playwright/test',
    ],
    [
      'a second Playwright inside a scoped dependency',
      { 'node_modules/@acme/pages/node_modules/@playwright/test/package.json': { version: '1.60.0' } },
      'copies',
      '1.60.0 in node_modules/@acme/pages/node_modules/@playwright/test',
    ],
    ['a folder ./leak', { 'leak/notes.txt': '' }, 'reporter', 'leak takes the place of the package'],
    ['a file ./leak', { leak: '' }, 'reporter', 'leak takes the place of the package'],
  ])('calls it broken when there is %s, with a remedy, and exits with 1', async (_what, files, subject, detail) => {
    const { exitCode, out } = await doctor({ ...SOUND, ...files });
    expect(subjects(out, 'BREAK')).toEqual([subject]);
    expect(out).toContain(detail);
    expect(out).toMatch(/^BREAK.*\n {17,}→ \S/m);
    expect(exitCode).toBe(1);
  });

  it('calls it broken when --reporter=leak would find nothing', async () => {
    const others = Object.entries(SOUND).filter(([name]) => !name.startsWith('node_modules/leak/'));
    const { exitCode, out } = await doctor(Object.fromEntries(others));
    expect(subjects(out, 'BREAK')).toEqual(['reporter']);
    expect(out).toContain('finds no package called leak');
    expect(exitCode).toBe(1);
  });

  it('calls it broken when --reporter=leak would find another package of that name, and names it', async () => {
    const { exitCode, out } = await doctor({ ...SOUND, ...installed({ version: '0.0.9' }) });
    expect(subjects(out, 'BREAK')).toEqual(['reporter']);
    expect(out).toContain('--reporter=leak finds another package: leak 0.0.9 in node_modules/leak\n');
    expect(exitCode).toBe(1);
  });

  it('tells of another copy of this package, and only notes one of another version', async () => {
    const { version, folder } = ownPackage();
    const same = await doctor(SOUND);
    expect(subjects(same.out, 'ok')).toContain('reporter');
    expect(same.out).toContain(`finds leak ${version} in node_modules/leak, and this command is of leak ${version} in ${folder}\n`);
    const other = await doctor({ ...SOUND, ...copyOf('9.8.7') });
    expect(subjects(other.out, 'note')).toContain('reporter');
    expect(other.out).toContain(`finds leak 9.8.7 in node_modules/leak, and this command is of leak ${version} in ${folder}\n`);
    expect(other.exitCode).toBe(0);
  });

  it('says so when --reporter=leak finds the very package of the command', () => {
    const folder = temporaryProject(SOUND);
    const own = { ...ownPackage(), folder: path.join(folder, 'node_modules/leak') };
    expect(reporterDiagnoses(folder, folder, own)).toMatchObject([{ state: 'fine', detail: '--reporter=leak finds this package' }]);
  });

  it('does not count a linked Playwright twice', async () => {
    const folder = temporaryProject(SOUND);
    mkdirSync(path.join(folder, 'node_modules/pages/node_modules/@playwright'), { recursive: true });
    symlinkSync(path.join(folder, 'node_modules/@playwright/test'), path.join(folder, 'node_modules/pages/node_modules/@playwright/test'));
    expect(await leak(folder, ['doctor'])).toMatchObject({ exitCode: 0 });
  });

  it.each([
    ['a second playwright-core', { 'node_modules/scraper/node_modules/playwright-core/package.json': { version: '1.40.0' } }, 'copies'],
    ['a suite without the fixtures', { 'tests/a.spec.ts': "import { test } from '@playwright/test';" }, 'fixtures'],
    ['the fixtures only in a comment', { 'tests/a.spec.ts': "// see 'leak/fixtures'" }, 'fixtures'],
    [
      'the import only in a comment',
      { 'tests/a.spec.ts': "// import { test } from 'leak/fixtures';\n/* require('leak/fixtures') */" },
      'fixtures',
    ],
    ['the reporter only in a comment', { 'playwright.config.ts': "// reporter: [['leak']]\nexport default {};" }, 'config'],
    ['a config without the reporter', { 'playwright.config.ts': 'export default {};' }, 'config'],
    ['no Chromium', { 'node_modules/@playwright/test/index.js': CHROMIUM.replace('__filename', "'/no/chrome'") }, 'Chromium'],
  ])('notes %s, and exits with 0', async (_what, files, subject) => {
    const { exitCode, out } = await doctor({ ...SOUND, ...files });
    expect(subjects(out, 'note')).toContain(subject);
    expect(exitCode).toBe(0);
  });

  it.each([
    ["const { test } = require('leak/fixtures');", 'tests/b.cjs'],
    ["export * from 'leak/fixtures';", 'tests/fixtures.ts'],
    ['await import("leak/fixtures")', 'e2e/c.mts'],
  ])('sees the fixtures in %s', async (text, file) => {
    const { out } = await doctor({ ...SOUND, 'tests/a.spec.ts': '', [file]: text });
    expect(subjects(out, 'ok')).toContain('fixtures');
  });
});

describe('a source without its comments', () => {
  it.each([
    ["a // 'leak'\nb", 'a  \nb'],
    ['a /* x\n * y */ b', 'a   b'],
    ['/* never closed', ' '],
    ["baseURL: 'https://a.b', reporter: 'leak', // c", "baseURL: 'https://a.b', reporter: 'leak',  "],
    ['"a \\" // b" `// ${c} \n // d` e // f', '"a \\" // b" `// ${c} \n // d` e  '],
    ["testMatch: /https?:\\/\\//, reporter: 'leak'", "testMatch: /https?:\\/\\//, reporter: 'leak'"],
    ["grep: /['/*]/, reporter: 'leak' // x", "grep: /['/*]/, reporter: 'leak'  "],
    ["const half = 1 / 2; // 'leak'", 'const half = 1 / 2;  '],
  ])('of %j is %j', (source, rest) => {
    expect(withoutComments(source)).toBe(rest);
  });
});

describe('the limit of open files', () => {
  const limits = (soft: string, hard: string) =>
    `Limit  Soft Limit  Hard Limit  Units\nMax open files            ${soft}   ${hard}   files\n`;

  it.each([
    ['256', '4096', 'note', 'only 256 open files (hard limit 4096)'],
    ['256', 'unlimited', 'note', 'only 256 open files (hard limit unlimited)'],
    ['1024', '4096', 'fine', '1024 open files (hard limit 4096)'],
    ['unlimited', 'unlimited', 'fine', 'unlimited open files (hard limit unlimited)'],
  ])('of %s (hard %s) is %s', (soft, hard, state, detail) => {
    expect(descriptorDiagnosis(limits(soft, hard))).toMatchObject({ state, detail });
  });

  it('may be unknown', () => {
    expect(descriptorDiagnosis('Max processes 1 1').detail).toBe('not known here: /proc/self/limits cannot be read');
  });
});

describe('the version of Node', () => {
  it.each([
    ['20.18.3', 'broken'],
    ['20.19.0', 'fine'],
    ['24.1.0', 'fine'],
  ])('%s is %s', (version, state) => {
    expect(nodeDiagnosis(ownPackage(), version).state).toBe(state);
  });
});
