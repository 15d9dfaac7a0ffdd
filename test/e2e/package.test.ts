import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installProject, npm, repository, run, runSuite, SUITES } from './packedProject.ts';

const OLDEST_PLAYWRIGHT = '1.50.0';
const manifest = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as {
  version: string;
  peerDependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};
/** The newest Playwright is the one this repository is tested with. */
const newestPlaywright = (
  JSON.parse(readFileSync(path.join(repository, 'node_modules/@playwright/test/package.json'), 'utf8')) as { version: string }
).version;

const scratch = mkdtempSync(path.join(os.tmpdir(), 'leak-package-'));
const nodes = new Map<string, string>();
let packed: { tarball: string; files: string[]; unpackedSize: number };

beforeAll(() => {
  const answer = npm(repository, ['pack', '--ignore-scripts', '--json', '--pack-destination', scratch]);
  const [pack] = JSON.parse(answer) as { filename: string; files: { path: string }[]; unpackedSize: number }[];
  if (pack === undefined) throw new Error(`npm pack answered: ${answer}`);
  packed = { tarball: path.join(scratch, pack.filename), files: pack.files.map((file) => file.path), unpackedSize: pack.unpackedSize };
  for (const major of ['20', '24']) nodes.set(major, nodeOf(major));
});

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Path of a Node of this major version: the one that runs, or one from npm. */
function nodeOf(major: string): string {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  return npm(scratch, ['exec', '--yes', `--package=node@${major}`, '--', 'node', '-p', 'process.execPath']).trim();
}

function bin(name: string): string {
  return path.join(repository, 'node_modules/.bin', name);
}

describe('the tarball', () => {
  it('contains what is built, the manifest, README, CHANGELOG and LICENSE, and nothing else', () => {
    const others = packed.files.filter((file) => !file.startsWith('dist/'));
    expect(others.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
    expect(packed.files.filter((file) => !/\.(?:js|d\.ts|json|md)$|^LICENSE$|^dist\/page\/page\.css$/.test(file))).toEqual([]);
    expect(packed.files).toEqual(
      expect.arrayContaining([
        'dist/schema.json',
        'dist/baseline.schema.json',
        'dist/src/cli/main.js',
        'dist/reporters/leak.js',
        'dist/page/page.js',
      ]),
    );
  });

  it('has every file its manifest names', () => {
    const named = [...JSON.stringify({ ...manifest, scripts: {} }).matchAll(/"(?:\.\/)?(dist\/[^"]+)"/g)].map(([, file]) => file);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((file) => file !== undefined && !packed.files.includes(file))).toEqual([]);
  });

  it('is clean for publint', async () => {
    const { exitCode, output } = await run(bin('publint'), ['run', packed.tarball, '--strict'], scratch);
    expect(output).toContain('All good!');
    expect(exitCode).toBe(0);
  });

  it('is clean for are-the-types-wrong, as the ESM package it is', async () => {
    const args = [
      packed.tarball,
      '--profile',
      'esm-only',
      '--exclude-entrypoints',
      'schema.json',
      'baseline.schema.json',
      '--format',
      'json',
    ];
    const { exitCode, output } = await run(bin('attw'), args, scratch);
    const { problems } = JSON.parse(output) as { problems?: Record<string, unknown> };
    // The only one left for a suite in CommonJS, where Node 20.19 and newer load ES modules with `require`.
    expect(Object.keys(problems ?? {}).filter((kind) => kind !== 'CJSResolvesToESM' && kind !== 'NoResolution')).toEqual([]);
    expect(exitCode).toBe(0);
  });
});

describe.each([
  ['oldest', OLDEST_PLAYWRIGHT],
  ['newest', newestPlaywright],
])('installed beside the %s Playwright (%s)', (age, version) => {
  const project = path.join(scratch, age);

  beforeAll(() => {
    installProject(project, packed.tarball, version);
  });

  it('brings no Playwright of its own', () => {
    const copies = readdirSync(path.join(project, 'node_modules'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      /(?:^|[\\/])(?:@playwright[\\/]test|playwright-core)[\\/]package\.json$/.test(file),
    );
    expect(copies).toHaveLength(2);
    expect(manifest.peerDependencies['@playwright/test']).toContain(OLDEST_PLAYWRIGHT);
  });

  describe.each(['20', '24'])('on Node %s', (major) => {
    // Before 1.53 Playwright itself hangs on Node 24 when the suite is an ES module, with or without this package.
    const folders = age === 'oldest' && major === '24' ? ['cjs'] : ['esm', 'cjs'];

    it.each(folders)('tells the leaky test from the clean one in every %s suite', async (folder) => {
      const { exitCode, output, report } = await runSuite(path.join(project, folder), nodes.get(major) ?? '');
      const files = SUITES.filter((suite) => suite.folder === folder);
      const expected = files.flatMap(({ file, text }) => {
        const line = text.split('\n').findIndex((code) => code.endsWith('// leak: fd')) + 1;
        return [
          { file, title: 'clean', verdict: 'pass', findings: [] },
          { file, title: 'leaky', verdict: 'leak', findings: [{ kind: 'fd', severity: 'leak', origin: { file, line } }] },
        ];
      });
      expect({ exitCode, report, output }).toMatchObject({
        exitCode: 1,
        report: { schemaVersion: 1, verdict: 'leak', gate: { failed: true } },
      });
      const { tests } = report as { tests: { file: string; title: string }[] };
      expect(tests).toHaveLength(2 * files.length);
      expect(tests.sort((a, b) => `${a.file} ${a.title}`.localeCompare(`${b.file} ${b.title}`))).toMatchObject(
        expected.sort((a, b) => `${a.file} ${a.title}`.localeCompare(`${b.file} ${b.title}`)),
      );
      expect(output).toContain('GATE FAILED');
    });

    it.each(folders)('lets the clean test of every %s suite pass the gate', async (folder) => {
      const { exitCode, report, output } = await runSuite(path.join(project, folder), nodes.get(major) ?? '', ['--grep', 'clean']);
      expect({ exitCode, report, output }).toMatchObject({ exitCode: 0, report: { verdict: 'pass', gate: { failed: false } } });
    });

    it('offers the command leak', async () => {
      const command = path.join(project, 'node_modules/leak/dist/src/cli/main.js');
      const node = nodes.get(major) ?? '';
      expect(await run(node, [command, '--version'], project)).toEqual({ exitCode: 0, output: `${manifest.version}\n` });
      expect(await run(node, [command, 'doctor'], path.join(project, 'esm'))).toMatchObject({ exitCode: 0 });
      expect(await run(node, [command, 'show'], path.join(project, 'esm'))).toMatchObject({ exitCode: 0 });
    });
  });
});

describe('linked into the suite, as in a workspace', () => {
  const project = path.join(scratch, 'workspace');

  beforeAll(() => {
    installProject(project, packed.tarball, newestPlaywright);
    mkdirSync(path.join(project, 'packages'));
    renameSync(path.join(project, 'node_modules/leak'), path.join(project, 'packages/leak'));
    symlinkSync('../packages/leak', path.join(project, 'node_modules/leak'));
  });

  // There Playwright transpiles the package as if it were the suite's own code: to CommonJS where the suite is.
  it.each(['esm', 'cjs'])('tells the leaky test from the clean one in every %s suite', async (folder) => {
    const { exitCode, output, report } = await runSuite(path.join(project, folder), process.execPath);
    expect({ exitCode, output }).toMatchObject({ exitCode: 1 });
    const { tests } = report as { tests: { title: string; findings: { kind: string; origin: { file: string } }[] }[] };
    const found = tests.map(({ title, findings }) => [title, ...findings.map(({ kind, origin }) => `${kind} ${origin.file}`)]).sort();
    const files = SUITES.flatMap((suite) => (suite.folder === folder ? [suite.file] : []));
    expect(found).toEqual([...files.map(() => ['clean']), ...files.map((file) => ['leaky', `fd ${file}`]).sort()]);
    expect(existsSync(path.join(project, folder, 'leak-report/index.html'))).toBe(true);
  });
});

describe('the types', () => {
  it.each([
    ['esm', 'nodenext'],
    ['cjs', 'nodenext'],
    ['esm', 'bundler'],
  ])('serve a strict %s suite under moduleResolution %s', async (folder, resolution) => {
    const project = path.join(scratch, 'newest', folder);
    const config = {
      compilerOptions: {
        ...{ strict: true, noEmit: true, skipLibCheck: true, target: 'es2023', lib: ['es2023', 'esnext.disposable', 'dom'] },
        ...{ module: resolution === 'bundler' ? 'esnext' : 'nodenext', moduleResolution: resolution, esModuleInterop: true },
        ...{ typeRoots: [path.join(repository, 'node_modules/@types')], types: ['node'] },
      },
      files: ['typed.spec.ts', 'playwright.config.ts'],
    };
    writeFileSync(path.join(project, 'tsconfig.check.json'), JSON.stringify(config));
    expect(await run(bin('tsc'), ['-p', 'tsconfig.check.json'], project)).toEqual({ exitCode: 0, output: '' });
    rmSync(path.join(project, 'tsconfig.check.json'));
  });
});
