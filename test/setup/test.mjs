/**
 * `npm test`: everything, in one go, from a fresh clone. `npm run check` (argument `check`): the part that takes seconds and needs no
 * browser runs. The last line counts tests; each gate that is no test suite (types, lint, format, build, demo) counts as one.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { prepare, root, say } from './prepare.mjs';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'leak-test-'));
const total = { passed: 0, failed: 0 };

await prepare({ chromium: true });
try {
  gate('types', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
  gate('lint', ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings=0']);
  gate('format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.']);
  suite('unit');
  if (process.argv[2] !== 'check' && gate('build', ['test/setup/build.mjs'])) {
    suite('e2e');
    gate('demo', ['examples/demo.mjs']);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = total.failed === 0 ? 0 : 1;
console.log(`${total.passed} passed, ${total.failed} failed`);

/** @param {string[]} command */
function run(command) {
  return spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' }).status === 0;
}

/**
 * @param {string} name
 * @param {string[]} command
 */
function gate(name, command) {
  say(`${name} …`);
  const passed = run(command);
  total[passed ? 'passed' : 'failed'] += 1;
  if (!passed) say(`${name} failed`);
  return passed;
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
  const passed = run(['node_modules/vitest/vitest.mjs', 'run', '--project', name, ...reporters]);
  let failed = 0;
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(outcome, 'utf8'));
    total.passed += numPassedTests;
    failed = numFailedTests;
  } catch (error) {
    say(`the ${name} tests left no result: ${error.message}`);
  }
  total.failed += passed ? failed : Math.max(1, failed);
}
