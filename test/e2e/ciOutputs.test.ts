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
      ...{ PLAYWRIGHT_LEAK_OUTPUTS: 'junit,sarif,codequality,markdown', PLAYWRIGHT_LEAK_OUTPUT_DIR: path.join(suite, 'leak-report') },
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

  it('the job summary is what the file for Markdown says', () => {
    expect(written('job-summary.md')).toBe(written('leak-report/summary.md'));
    expect(written('job-summary.md')).toMatch(
      /\| \*\*new\*\* \| <code>fd · .*tests\/a\.spec\.ts is still open<\/code> \| <code>a\.spec\.ts:3:/,
    );
    expect(written('job-summary.md')).toContain("> 3 | test('");
  });

  it('the last line is the gate, the one before it is for programs', () => {
    const lines = run.stdout.trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(/^GATE FAILED {2}1 new leak, 0 allowed · .*index\.html$/);
    expect(lines.at(-2)).toMatch(/^leak: verdict=leak gate=failed fail-on=leak new=1 known=0 /);
  });
});

describe('the files for CI', () => {
  it('name the leaking line by its path in the repository', () => {
    expect(JSON.parse(written('leak-report/gl-code-quality-report.json'))).toMatchObject([
      { check_name: 'leak-fd', severity: 'critical', location: { path: 'tests/a.spec.ts', lines: { begin: 3 } } },
    ]);
    const artifactLocation = { uri: 'tests/a.spec.ts', uriBaseId: '%SRCROOT%' };
    expect(JSON.parse(written('leak-report/report.sarif'))).toMatchObject({
      runs: [
        {
          tool: { driver: { semanticVersion: expect.stringMatching(/^\d+\.\d+\.\d+/) as string } },
          results: [{ ruleId: 'leak-fd', locations: [{ physicalLocation: { artifactLocation, region: { startLine: 3 } } }] }],
        },
      ],
    });
    expect(written('leak-report/junit.xml').match(/<testcase .*>/g)).toMatchObject([
      expect.stringMatching(/classname="leak\.a_spec_ts" file="tests\/a\.spec\.ts"/) as string,
      expect.stringMatching(/name="is clean" .*\/>$/) as string,
      expect.stringContaining('classname="leak.workers"') as string,
      expect.stringContaining('classname="leak.gate"') as string,
    ]);
  });
});

describe("Playwright's own JUnit file", () => {
  it('has the leak as a property of the leaking test, and nothing else of ours', () => {
    const properties = written('playwright.xml').match(/<property .*>/g);
    expect(properties).toEqual([expect.stringMatching(/^<property name="leak" value="when the test ended: fd · .*a\.spec\.ts:3:\d+">$/)]);
  });
});
