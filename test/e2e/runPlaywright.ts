import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { LeakReport } from '../../src/core/report.ts';

const root = path.resolve(import.meta.dirname, '../..');
const cli = path.join(root, 'node_modules/@playwright/test/cli.js');

export interface PlaywrightRunOptions {
  /** Folder of the suite, where Playwright is started. It must lie below the repository, so that packages resolve. */
  readonly cwd: string;
  /** After `playwright test`. Default: `--reporter=leak`. */
  readonly args?: readonly string[];
  /** Added to the environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written below `cwd` before the run. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface PlaywrightRun {
  readonly exitCode: number | null;
  /** From the start of the process to its end. */
  readonly wallMs: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What the leak reporter wrote in this run; `undefined` when it wrote nothing. */
  readonly report: LeakReport | undefined;
}

/**
 * Runs a suite with the real `playwright test` in a process of its own, with this package installed in the suite, and reads the report.
 * The package must have been built.
 *
 * @throws Error when the report is there and cannot be read.
 * @example const { exitCode, report } = await runPlaywright({ cwd: suite, args: ['--reporter=leak'] });
 */
export async function runPlaywright({
  cwd,
  args = ['--reporter=leak'],
  env = {},
  files = {},
}: PlaywrightRunOptions): Promise<PlaywrightRun> {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
    fs.writeFileSync(path.join(cwd, name), text);
  }
  installInto(cwd);
  const mark = `LEAK_E2E_RUN=${randomUUID()}`;
  const outputDir = fs.mkdtempSync(path.join(os.tmpdir(), 'leak-e2e-'));
  try {
    const started = performance.now();
    const child = spawn(process.execPath, [cli, 'test', ...args], {
      cwd,
      env: {
        ...inheritedEnvironment(),
        ...Object.fromEntries([mark.split('=')]),
        PLAYWRIGHT_LEAK_OUTPUT_DIR: outputDir,
        CORPUS_OUTPUT_DIR: path.join(outputDir, 'artifacts'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [exitCode] = (await once(child, 'close')) as [number | null];
    const wallMs = performance.now() - started;
    return { exitCode, wallMs, stdout, stderr, report: readReport(path.join(outputDir, 'report.json')) };
  } finally {
    endMarked(mark);
    fs.rmSync(outputDir, { recursive: true, force: true });
  }
}

/** Ends what the suite left running: leaking processes is what it is for. They are found by what the run put in their environment. */
function endMarked(mark: string): void {
  if (!fs.existsSync('/proc/self/environ')) return;
  for (const entry of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (fs.readFileSync(`/proc/${entry}/environ`, 'utf8').includes(`${mark}\0`)) process.kill(Number(entry), 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(String(error.code)))) throw error;
    }
  }
}

/** Makes a folder for a suite of its own, below the repository and ignored by git. */
export function createSuite(name: string): string {
  const folder = path.join(root, 'test-results', 'suites');
  fs.mkdirSync(folder, { recursive: true });
  return fs.mkdtempSync(path.join(folder, `${name}-`));
}

/** The Chromium to test with, as a `launchOptions` literal for the configuration of a suite. */
export function launchOptions(): string {
  const executablePath = process.env['LEAK_CHROMIUM'] ?? (fs.existsSync('/usr/bin/chromium') ? '/usr/bin/chromium' : undefined);
  const args = ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return JSON.stringify({ ...(executablePath === undefined ? {} : { executablePath }), args });
}

/**
 * Puts the built package into `node_modules/leak`, as npm would: a copy and no link, because Playwright treats files outside of
 * `node_modules` as the suite's own. Its dependencies resolve from the repository. Nothing is written where that build is already:
 * another run of the same suite may be reading it.
 */
export function installInto(cwd: string): void {
  const packages = path.join(cwd, 'node_modules');
  const target = path.join(packages, 'leak');
  const dist = path.join(root, 'dist');
  if (!fs.existsSync(path.join(dist, 'fixtures/fixtures.js'))) throw new Error('The package is not built: run `npm run build` first.');
  const mark = `build-${lastChange(dist)}`;
  const isThere = (): boolean => fs.existsSync(path.join(target, mark));
  if (isThere()) return;
  fs.mkdirSync(packages, { recursive: true });
  const copy = fs.mkdtempSync(path.join(packages, '.leak-'));
  fs.copyFileSync(path.join(root, 'package.json'), path.join(copy, 'package.json'));
  fs.cpSync(dist, path.join(copy, 'dist'), { recursive: true });
  fs.writeFileSync(path.join(copy, mark), '');
  // Another run may have been faster; what it has put there is in use.
  if (!isThere() && fs.existsSync(target)) fs.rmSync(target, { recursive: true });
  try {
    fs.renameSync(copy, target);
  } catch (error) {
    fs.rmSync(copy, { recursive: true });
    if (!isThere()) throw error;
  }
}

function lastChange(folder: string): number {
  const files = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return Math.max(...files.map((file) => fs.statSync(path.join(folder, file)).mtimeMs));
}

/** What Vitest, Playwright, a terminal or a CI server says about the run around us. */
const OUTER_RUN = [
  /^(?:VITEST|TEST_|PW|CI$|CI_|GITHUB_|GITLAB_|BUILD_|DEBUG)/,
  // Not where the browsers are.
  /^PLAYWRIGHT_(?!BROWSERS_PATH$)/,
  // `NODE_EXTRA_CA_CERTS` and the like are the machine's.
  /^(?:NODE_OPTIONS|NODE_ENV|NODE_V8_COVERAGE|NODE_DISABLE_COLORS|FORCE_COLOR|CLICOLOR|CLICOLOR_FORCE|COLORTERM|COLUMNS|LINES)$/,
];

/** The environment without what tells of the run around us: a run under test must not hear of it. */
export function inheritedEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !OUTER_RUN.some((pattern) => pattern.test(name)));
  return { ...Object.fromEntries(kept), NO_COLOR: '1' };
}

function readReport(file: string): LeakReport | undefined {
  // As it was written, not as our own reader repairs it.
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as LeakReport) : undefined;
}
