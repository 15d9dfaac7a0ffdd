/**
 * `npm test`: everything, in one go, from a fresh clone. `npm run check` (argument `check`): the part that takes seconds and needs no
 * browser runs. The last line counts tests; each gate that is no test suite (types, lint, format, build, demo) counts as one.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { prepare, root, say } from './prepare.mjs';

const MESSAGE_LINES = 15;
const scratch = mkdtempSync(path.join(os.tmpdir(), 'leak-test-'));
let succeeded = 0;
/** What failed, told again at the end: where only the end of a long output is kept, it is there. @type {string[]} */
const failures = [];

await prepare({ chromium: true });
try {
  const checks = [
    gate('types', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']),
    gate('lint', ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings=0']),
    gate('format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.']),
  ];
  const built = process.argv[2] === 'check' ? false : gate('build', ['test/setup/build.mjs']);
  await Promise.all([...checks, built]);
  suite('unit');
  if (await built) {
    suite('e2e');
    await gate('demo', ['examples/demo.mjs']);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = failures.length === 0 ? 0 : 1;
for (const failure of failures) say(`failed: ${failure}`);
console.log(`${succeeded} passed, ${failures.length} failed`);

/**
 * Several may run at a time: each tells what it has to say when it has ended.
 *
 * @param {string} name
 * @param {string[]} command
 */
async function gate(name, command) {
  say(`${name} …`);
  const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  /** @type {Buffer[]} */
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  const [status] = await once(child, 'close');
  process.stdout.write(Buffer.concat(output));
  if (status === 0) succeeded += 1;
  else failures.push(name);
  return status === 0;
}

/**
 * A Vitest project. Whatever fails without being a test (a file that does not load, an unhandled error) counts as one failure.
 *
 * @param {string} name
 */
function suite(name) {
  say(`${name} tests …`);
  const outcome = path.join(scratch, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${outcome}`];
  const command = ['node_modules/vitest/vitest.mjs', 'run', '--project', name, ...reporters];
  const passed = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' }).status === 0;
  /** @type {string[]} */
  const failed = [];
  try {
    const { numPassedTests, testResults } = JSON.parse(readFileSync(outcome, 'utf8'));
    succeeded += numPassedTests;
    failed.push(...testResults.flatMap(failuresOfFile));
  } catch (error) {
    failed.push(`the ${name} tests left no result: ${error.message}`);
  }
  if (!passed && failed.length === 0) failed.push(`the ${name} tests, outside of every test`);
  failures.push(...failed);
}

/**
 * @param {{ name: string, message?: string, assertionResults: { status: string, fullName: string, failureMessages?: string[] }[] }} file
 */
function failuresOfFile({ name, message, assertionResults }) {
  const told = (text = '') =>
    text
      .split('\n')
      .filter((line) => !/^\s+at .*node_modules/.test(line))
      .slice(0, MESSAGE_LINES)
      .join('\n  ');
  const tests = assertionResults
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => `${path.relative(root, name)} › ${fullName}\n  ${told(failureMessages?.join('\n'))}`);
  return message && tests.length === 0 ? [`${path.relative(root, name)}\n  ${told(message)}`] : tests;
}
