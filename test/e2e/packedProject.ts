import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inheritedEnvironment } from './runPlaywright.ts';

export const repository = path.join(import.meta.dirname, '../..');

/** The leaky line, in every module system the same; the suites differ in how they import. */
const BODY = `
test('leaky', async ({}, testInfo) => {
  const file = testInfo.outputPath('orders.csv');
  fs.writeFileSync(file, 'tea');
  fs.openSync(file, 'r'); // leak: fd
});

test('clean', async ({}, testInfo) => {
  const file = testInfo.outputPath('orders.csv');
  fs.writeFileSync(file, 'tea');
  fs.closeSync(fs.openSync(file, 'r'));
  expect(fs.readFileSync(file, 'utf8')).toBe('tea');
});
`;

const IMPORT = "import fs from 'node:fs';\nimport { test, expect } from 'leak/fixtures';\n";
const REQUIRE = "const fs = require('node:fs');\nconst { test, expect } = require('leak/fixtures');\n";
const TYPED = "import type { Finding, LeakOptions } from 'leak/fixtures';\nexport type Mine = [Finding, LeakOptions];\n";

/** Kinds of suites: a folder with its own module type, and a spec file. */
export const SUITES = [
  { folder: 'esm', type: 'module', file: 'typed.spec.ts', text: `${IMPORT}${TYPED}${BODY}` },
  { folder: 'esm', type: 'module', file: 'plain.spec.mjs', text: `${IMPORT}${BODY}` },
  { folder: 'cjs', type: 'commonjs', file: 'typed.spec.ts', text: `${IMPORT}${TYPED}${BODY}` },
  { folder: 'cjs', type: 'commonjs', file: 'plain.spec.js', text: `${REQUIRE}${BODY}` },
] as const;

const CONFIG = `import { defineConfig } from '@playwright/test';
import type { LeakOptions } from 'leak/fixtures';
export default defineConfig<LeakOptions>({ testDir: '.', use: { leakOptions: { settleTimeout: 500 } } });
`;

/** Lays out a project with all suites and installs the tarball and this Playwright with npm, as a user would. */
export function installProject(folder: string, tarball: string, playwright: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'foreign', private: true }));
  for (const { folder: name, type, file, text } of SUITES) {
    mkdirSync(path.join(folder, name), { recursive: true });
    writeFileSync(path.join(folder, name, 'package.json'), JSON.stringify({ type }));
    writeFileSync(path.join(folder, name, 'playwright.config.ts'), CONFIG);
    writeFileSync(path.join(folder, name, file), text);
  }
  npm(folder, ['install', '--save-dev', `@playwright/test@${playwright}`, tarball]);
}

/** Runs npm quietly and returns what it printed. A failure carries npm's own words. */
export function npm(cwd: string, args: readonly string[]): string {
  return execFileSync('npm', ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...args], {
    cwd,
    encoding: 'utf8',
    stdio: 'pipe',
    env: inheritedEnvironment(),
  });
}

/** Milliseconds after which a run that hangs is ended, so that it does not outlive the tests. */
const RUN_LIMIT = 600_000;

export interface Run {
  readonly exitCode: number;
  readonly output: string;
  readonly report: unknown;
}

/** `playwright test --reporter=leak` in a folder of the project, by the given Node. The report is read from where it lies by default. */
export async function runSuite(folder: string, node: string, args: readonly string[] = []): Promise<Run> {
  const cli = path.join(folder, '../node_modules/@playwright/test/cli.js');
  const { exitCode, output } = await run(node, [cli, 'test', '--reporter=leak', ...args], folder);
  return { exitCode, output, report: JSON.parse(readFileSync(path.join(folder, 'leak-report/report.json'), 'utf8')) };
}

/** Runs a program to its end, whatever its exit code. Variables of the runner around us stay out of it. */
export async function run(program: string, args: readonly string[], cwd: string): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve) => {
    execFile(
      program,
      [...args],
      { cwd, env: inheritedEnvironment(), maxBuffer: 64_000_000, timeout: RUN_LIMIT },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ exitCode, output: `${stdout}${stderr}` });
      },
    );
  });
}
