/**
 * `npm run demo`: two suites of one small shop in a real Chromium, run as a user would run them. The clean one must pass the gate, the
 * leaky one must fail it, with exactly the leaks that its comments announce.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { prepare, root, say } from '../test/setup/prepare.mjs';

/** Leaks that no line can be named for: what fills a heap is opened nowhere. */
const WITHOUT_LINE = ['heap'];

await prepare({ chromium: true });
say('building …');
if (spawnSync(process.execPath, ['test/setup/build.mjs'], { cwd: root, stdio: 'inherit' }).status !== 0) {
  say('the build failed (its message is above)');
  process.exit(1);
}

const problems = [...judge('clean-shop', runSuite('clean-shop'), 0), ...judge('leaky-shop', runSuite('leaky-shop'), 1)];

console.log();
if (problems.length > 0) {
  say(`the demo did not come out as it should:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  process.exitCode = 1;
} else {
  say('the clean suite passed, the leaky one was caught, line by line. All tests of both are green: only the gate tells them apart.');
  console.log(`
The reports:  examples/clean-shop/leak-report/report.json
              examples/leaky-shop/leak-report/report.json

Try next:     npx leak show examples/leaky-shop/leak-report/report.json
              npx playwright test -c examples/leaky-shop        after closing one of the leaks
              npx leak doctor                                   which detectors run on this machine
              in a suite of your own: npm i -D <tarball of "npm pack">, import { test, expect } from 'leak/fixtures',
              then npx playwright test --reporter=leak`);
}

/** @param {string} suite */
function runSuite(suite) {
  console.log();
  say(`npx playwright test -c examples/${suite} --reporter=leak`);
  console.log();
  const cli = path.join(root, 'node_modules/@playwright/test/cli.js');
  const outputDir = path.join(root, 'examples', suite, 'leak-report');
  const { status } = spawnSync(process.execPath, [cli, 'test', '-c', `examples/${suite}`, '--reporter=leak'], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PLAYWRIGHT_LEAK_OUTPUT_DIR: outputDir },
  });
  return { status, file: path.join(outputDir, 'report.json') };
}

/**
 * @param {string} suite
 * @param {{ status: number | null, file: string }} outcome
 * @param {number} expectedStatus
 * @returns {string[]} what is not as it should be
 */
function judge(suite, { status, file }, expectedStatus) {
  const wrong = [];
  if (status !== expectedStatus) wrong.push(`${suite}: exit code ${status} instead of ${expectedStatus}`);
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return [...wrong, `${suite}: no report (${error.message})`];
  }
  for (const test of report.tests.filter((test) => test.status !== 'passed')) wrong.push(`${suite}: "${test.title}" ${test.status}`);
  if (report.gate.failed !== (expectedStatus !== 0)) wrong.push(`${suite}: the gate ${report.gate.failed ? 'failed' : 'held'}`);

  const found = [...report.tests, ...report.workers]
    .flatMap(({ findings }) => findings)
    .map(describe)
    .sort();
  const expected = announced(suite).sort();
  for (const leak of expected.filter((leak) => !found.includes(leak))) wrong.push(`${suite}: not found: ${leak}`);
  for (const leak of found.filter((leak) => !expected.includes(leak))) wrong.push(`${suite}: found, though not there: ${leak}`);
  return wrong;
}

/** A finding as the comments announce it. */
function describe({ severity, kind, origin }) {
  return origin === null || WITHOUT_LINE.includes(kind)
    ? `${severity} ${kind}`
    : `${severity} ${kind} ${path.basename(origin.file)}:${origin.line}`;
}

/**
 * The comments `leak: <kind>` and `late: <kind>` of a suite.
 *
 * @param {string} suite
 */
function announced(suite) {
  const folder = path.join(root, 'examples', suite);
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .flatMap(({ name }) =>
      readFileSync(path.join(folder, name), 'utf8')
        .split('\n')
        .flatMap((text, index) => {
          const [, severity, kind] = /\/\/ (leak|late): (\w+)$/.exec(text) ?? [];
          if (severity === undefined) return [];
          return [WITHOUT_LINE.includes(kind) ? `${severity} ${kind}` : `${severity} ${kind} ${name}:${index + 1}`];
        }),
    );
}
