import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** Who may import whom. A folder may always import itself. `external` lists packages; `types` lists packages as `import type` only. */
const TABLE: Record<string, { folders: string[]; files?: string[]; external?: string[]; types?: string[] }> = {
  'src/core': { folders: [] },
  // Where files lie, what is said of them and how they are written.
  'src/files': { folders: ['src/core'], external: ['picomatch'] },
  'src/probes': { folders: ['src/core'], external: ['heap-snapshot-toolkit', 'pidusage', 'why-is-node-running'] },
  'src/detector': { folders: ['src/core'], files: ['src/probes/probe.ts'] },
  'src/stability': { folders: ['src/core', 'src/detector'] },
  'src/render': { folders: ['src/core'], external: ['@babel/code-frame', 'asciichart', 'picocolors'] },
  // The HTML report's own program. It runs in a browser, bundled; so its packages are no dependencies of this one.
  'src/page': { folders: ['src/core', 'src/render'], external: ['preact'] },
  // What ships beside the code and is read at run time.
  'src/assets': { folders: [] },
  'src/resilience': { folders: [], external: ['undici', 'prom-client'] },
  'src/cli': { folders: ['src'], external: ['tinybench'], types: ['@playwright/test'] },
  fixtures: {
    folders: ['src/core', 'src/files', 'src/probes', 'src/detector', 'src/stability'],
    // The chart of a leaking scenario goes into Playwright's own report while its test is there to take it.
    files: ['src/render/scenarioSvg.ts'],
    external: ['@playwright/test', 'why-is-node-running'],
  },
  reporters: { folders: ['src/assets', 'src/core', 'src/files', 'src/probes', 'src/render'], types: ['@playwright/test'] },
};

/** Folders that compute and nothing else: of Node's modules they may use those that have no effects. */
const PURE = ['src/core', 'src/render'];
const PURE_BUILTINS = ['node:crypto'];

/** Packages that the build puts into `dist`. */
const BUNDLED = ['preact'];

const TOP_LEVEL = [
  ...['src', 'fixtures', 'reporters', 'examples', 'test', 'package.json', 'tsconfig.json', 'playwright.config.ts'],
  ...['README.md', 'CHANGELOG.md', 'LICENSE'],
  // What tools look for at the root and nowhere else.
  ...['.ci', '.editorconfig', '.gitignore', '.prettierignore', '.prettierrc.json', 'eslint.config.js', 'package-lock.json'],
  ...['tsconfig.build.json', 'vitest.config.ts'],
];

const MAX_LINES = 250;
const VAGUE_NAME = /(?:^|[a-z0-9]|-)(?:[Uu]tils?|[Hh]elpers?|[Cc]ommon|[Mm]anagers?)(?:$|[A-Z.-])/;

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** Every module a file names: static and dynamic imports, re-exports, `require`, `import('…')` in types. */
function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    if (
      (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) &&
      node.moduleSpecifier &&
      ts.isStringLiteral(node.moduleSpecifier)
    ) {
      const typeOnly = ts.isExportDeclaration(node) ? node.isTypeOnly : node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
      found.push({ specifier: node.moduleSpecifier.text, typeOnly });
    }
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
      found.push({ specifier: node.argument.literal.text, typeOnly: true });
    }
    if (ts.isCallExpression(node)) {
      const [argument] = node.arguments;
      const loads = node.expression.kind === ts.SyntaxKind.ImportKeyword || /^require(\.resolve)?$/.test(node.expression.getText());
      if (loads && argument && ts.isStringLiteralLike(argument)) found.push({ specifier: argument.text, typeOnly: false });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS));
  return found;
}

function zoneOf(file: string): string | undefined {
  return Object.keys(TABLE).find((zone) => file.startsWith(`${zone}/`));
}

/** `@scope/name/deep` → `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** One sentence for each import of this file that the table does not allow. */
function violations(file: string, text: string): string[] {
  const zone = zoneOf(file);
  const rule = zone === undefined ? undefined : TABLE[zone];
  if (zone === undefined || rule === undefined) return [`${file} lies in a folder that the table does not know`];
  return importsOf(file, text).flatMap(({ specifier, typeOnly }) => {
    if (specifier.startsWith('.')) {
      const target = path.posix.join(path.posix.dirname(file), specifier);
      const allowed = [zone, ...rule.folders].some((folder) => target.startsWith(`${folder}/`)) || rule.files?.includes(target);
      return allowed === true ? [] : [`${file} imports ${target}; ${zone} may not`];
    }
    if (specifier.startsWith('node:')) {
      return PURE.includes(zone) && !PURE_BUILTINS.includes(specifier) ? [`${file} imports ${specifier}; ${zone} is pure`] : [];
    }
    const name = packageOf(specifier);
    const allowed = rule.external?.includes(name) === true || (typeOnly && rule.types?.includes(name) === true);
    return allowed ? [] : [`${file} imports ${name}${typeOnly ? '' : ' at run time'}; ${zone} may not`];
  });
}

/** External package → the files that import it. The host, Playwright, is no replaceable part and is left out. */
function importersOf(files: ReadonlyMap<string, string>): Map<string, string[]> {
  const importers = new Map<string, string[]>();
  for (const [file, text] of files) {
    const names = importsOf(file, text).filter(({ specifier }) => !/^(?:\.|node:|@playwright\/)/.test(specifier));
    for (const name of new Set(names.map(({ specifier }) => packageOf(specifier)))) {
      importers.set(name, [...(importers.get(name) ?? []), file]);
    }
  }
  return importers;
}

const root = path.join(import.meta.dirname, '..');
const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((file) => file !== '' && existsSync(path.join(root, file)));
const product = new Map(
  tracked
    .filter((file) => /^(?:src|fixtures|reporters)\/.*\.tsx?$/.test(file))
    .map((file) => [file, readFileSync(path.join(root, file), 'utf8')]),
);

describe('the repository', () => {
  it('has source files to judge', () => {
    expect(product.size).toBeGreaterThan(20);
  });

  it('imports only along the table', () => {
    expect([...product].flatMap(([file, text]) => violations(file, text))).toEqual([]);
  });

  it('imports each external package from one file only', () => {
    expect([...importersOf(product)].filter(([, files]) => files.length > 1)).toEqual([]);
  });

  it('declares exactly the packages it imports, and never Playwright as a dependency', () => {
    const declared = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >;
    const imported = [...importersOf(product).keys()].filter((name) => !BUNDLED.includes(name));
    expect(Object.keys(declared.dependencies).sort()).toEqual(imported.sort());
    expect(Object.keys(declared.devDependencies)).toEqual(expect.arrayContaining(BUNDLED));
  });

  it(`keeps files within ${MAX_LINES} lines`, () => {
    const long = [...product].filter(([, text]) => text.trimEnd().split('\n').length > MAX_LINES);
    expect(long.map(([file]) => file)).toEqual([]);
  });

  it('has nothing at the top level but what belongs there', () => {
    expect(
      [...new Set(tracked.map((file) => file.split('/')[0]))].filter((name) => name !== undefined && !TOP_LEVEL.includes(name)),
    ).toEqual([]);
  });

  it('names no file or folder vaguely', () => {
    expect(tracked.filter((file) => file.split('/').some((name) => VAGUE_NAME.test(name)))).toEqual([]);
  });

  it('names source files in camelCase', () => {
    expect([...product.keys()].filter((file) => !/^[a-z][A-Za-z0-9]*\.tsx?$/.test(path.basename(file)))).toEqual([]);
  });
});

describe('the rules', () => {
  it.each([
    ['src/core/a.ts', "import { x } from '../probes/fds.ts';"],
    ['src/core/a.ts', "export type { X } from '../detector/a.ts';"],
    ['src/core/a.ts', "import fs from 'node:fs';"],
    ['src/core/a.ts', "import pc from 'picocolors';"],
    ['src/detector/a.ts', "import { createFdProbe } from '../probes/fds.ts';"],
    ['src/resilience/a.ts', "import { x } from '../detector/a.ts';"],
    ['src/probes/a.ts', "const x = await import('../detector/a.ts');"],
    ['src/render/a.ts', "type X = import('../probes/probe.ts').Probe;"],
    ['src/probes/a.ts', "const undici = require('undici');"],
    ['reporters/a.ts', "import { test } from '@playwright/test';"],
    ['reporters/a.ts', "import { test } from '../fixtures/fixtures.ts';"],
    ['src/cli/a.ts', "import x from '../../reporters/leak.ts';"],
    ['src/elsewhere/a.ts', ''],
  ])('refuse in %s: %s', (file, text) => {
    expect(violations(file, text)).toHaveLength(1);
  });

  it.each([
    ['src/detector/a.ts', "import type { Probe } from '../probes/probe.ts';"],
    ['src/core/a.ts', "import { createHash } from 'node:crypto';\nimport { b } from './b.ts';"],
    ['reporters/a.ts', "import type { Reporter } from '@playwright/test/reporter';"],
    ['fixtures/a.ts', "import { test } from '@playwright/test';"],
    ['src/cli/a.ts', "import { x } from '../probes/fds.ts';"],
  ])('accept in %s: %s', (file, text) => {
    expect(violations(file, text)).toEqual([]);
  });

  it('see a package that two files import', () => {
    const twice = new Map(['a', 'b'].map((name) => [`src/probes/${name}.ts`, "import x from 'pidusage';"]));
    expect(importersOf(twice)).toEqual(new Map([['pidusage', ['src/probes/a.ts', 'src/probes/b.ts']]]));
  });

  it.each(['utils.ts', 'testHelpers.ts', 'common', 'poolManager.ts', 'fd-helper.mjs'])('call %s vague', (name) => {
    expect(VAGUE_NAME.test(name)).toBe(true);
  });

  it.each(['recommonmark.ts', 'commonality.ts', 'damage.ts', 'signalListeners.ts'])('do not call %s vague', (name) => {
    expect(VAGUE_NAME.test(name)).toBe(false);
  });
});
