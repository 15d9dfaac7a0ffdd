import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workflowCommands } from '../unit/render/workflowCommand.ts';
import { createSuite, runPlaywright, type PlaywrightRun } from './runPlaywright.ts';

const TITLE = `"><b>|\`x\` ##[error]one\\n::error::two\\u001b[31m\\u202e ]]>`;
const SPEC = `import { test } from 'leak/fixtures';
import fs from 'node:fs';
test('${TITLE}', () => { fs.openSync(__filename); });
test('is clean', () => {});
`;

let suite = '';
let run: PlaywrightRun;

beforeAll(async () => {
  suite = createSuite('ci');
  run = await runPlaywright({
    cwd: suite,
    args: ['--reporter=junit,leak'],
    env: {
      ...{ CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: suite, GITHUB_STEP_SUMMARY: path.join(suite, 'job-summary.md') },
      ...{ PLAYWRIGHT_LEAK_OUTPUTS: 'codequality', PLAYWRIGHT_LEAK_OUTPUT_DIR: path.join(suite, 'leak-report') },
      PLAYWRIGHT_JUNIT_OUTPUT_FILE: path.join(suite, 'playwright.xml'),
    },
    files: { 'tests/a.spec.ts': SPEC, 'playwright.config.ts': `export default { workers: 1, testDir: 'tests' };`, 'package.json': '{}' },
  });
});

afterAll(() => {
  fs.rmSync(suite, { recursive: true, force: true });
});

const written = (name: string): string => fs.readFileSync(path.join(suite, name), 'utf8');

describe('on GitHub Actions', () => {
  it('the leaking line is annotated, the gate says why, and no title is a command', () => {
    expect(run.exitCode, run.stdout + run.stderr).toBe(1);
    expect(workflowCommands(run.stdout.slice(run.stdout.indexOf('::error file')))).toEqual([
      {
        name: 'error',
        properties: {
          file: 'tests/a.spec.ts',
          line: '3',
          col: expect.any(String) as string,
          title: expect.stringMatching(/^leak in a/) as string,
        },
        data: expect.stringMatching(/^fd · .*a\.spec\.ts is still open\nopened at a\.spec\.ts:3:\d+\nclose it/) as string,
      },
      { name: 'error', properties: { title: 'leak: gate failed' }, data: '1 new leak' },
    ]);
  });

  it('the last line is the gate, the one before it is for programs', () => {
    const lines = run.stdout.trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(/^GATE FAILED {2}1 new leak, 0 allowed · .*index\.html$/);
    expect(lines.at(-2)).toMatch(/^leak: verdict=leak gate=failed fail-on=leak new=1 known=0 /);
  });
});

describe("Playwright's own JUnit file", () => {
  it('has the leak as a property of the leaking test, and nothing else of ours', () => {
    const properties = written('playwright.xml').match(/<property .*>/g);
    expect(properties).toEqual([expect.stringMatching(/^<property name="leak" value="when the test ended: fd · .*a\.spec\.ts:3:\d+">$/)]);
  });
});
