import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSuite, runPlaywright } from './runPlaywright.ts';

const SPEC = `import fs from 'node:fs';
import { test } from 'leak/fixtures';
test.describe('fails', () => {
  test.use({ leakOptions: { mode: 'fail' } });
  test('leaves a file', () => {
    fs.openSync(__filename);
  });
  test('closes it', () => {
    fs.closeSync(fs.openSync(__filename));
  });
});
const options = { iterations: 20, warmUp: 0 };
test('leaves a file in every iteration', async ({ leak }) => {
  await leak.stability('files', () => {
    fs.openSync(__filename);
  }, options);
});
test('closes it in every iteration', async ({ leak }) => {
  await leak.stability('files', () => {
    fs.closeSync(fs.openSync(__filename));
  }, options);
});
test('never works', async ({ leak }) => {
  await leak.stability('orders', () => {
    throw new Error('connect ECONNREFUSED ::1:3000');
  }, options);
});
`;

let suite = '';
beforeAll(() => {
  suite = createSuite('error-output');
});
afterAll(() => {
  fs.rmSync(suite, { recursive: true, force: true });
});

describe('what Playwright prints of an error of leak', () => {
  it('is its message, the code of the line that leaks or of the scenario that failed, and no frames but those of the suite', async () => {
    const files = { 'a.spec.ts': SPEC, 'playwright.config.ts': 'export default { workers: 1 };', 'package.json': '{"private":true}' };
    const { stdout, exitCode } = await runPlaywright({ cwd: suite, args: ['--reporter=list'], files });
    expect(exitCode, stdout).toBe(1);
    expect(stdout).toContain('3 failed');
    expect(stdout).toContain('2 passed');
    const code = [...stdout.matchAll(/^ *> +(\d+) \| +(.*)$/gm)].map(([, line, text]) => `${String(line)} ${String(text)}`);
    expect(code).toEqual(['6 fs.openSync(__filename);', '15 fs.openSync(__filename);', "24 await leak.stability('orders', () => {"]);
    const frames = [...stdout.matchAll(/^ *at (.*)$/gm)].map(([, frame]) => String(frame).replaceAll(`${suite}/`, ''));
    expect(frames).toEqual(['a.spec.ts:6:8', 'a.spec.ts:15:8', 'a.spec.ts:24:14']);
    const file = `${suite}/a.spec.ts`;
    expect(stdout).toContain(`  fd · ${file} is still open\n        opened at ${file}:6:8; close it in a finally block`);
    expect(stdout).toContain(`  ${file}:15:8: ${file} is still open (`);
    expect(stdout).toContain('iterations failed: connect ECONNREFUSED ::1:3000.\n');
  });
});
