import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { annotations, appendJobSummary, harmless, isCi, outputContext, writeOutputs } from '../../../reporters/ciOutputs.ts';
import { OUTPUT_NAMES, OUTPUTS } from '../../../src/render/outputs.ts';
import { finding, largeReport, report, test } from '../render/sampleReports.ts';
import { temporaryFolder } from '../temporaryFolder.ts';

const context = { repositoryPath: (file: string) => file };
const clean = report([test(0)]);
const leaky = report([test(0, { findings: [finding(0)] })]);

let folder = '';
beforeEach(() => {
  folder = temporaryFolder();
});

describe('the files for CI', () => {
  it('are written beside each other', () => {
    const paths = OUTPUT_NAMES.map((name) => join(folder, OUTPUTS[name].file));
    expect(writeOutputs(folder, OUTPUT_NAMES, leaky, context)).toEqual(paths.map((path) => ({ path, note: null })));
    for (const path of paths) expect(readFileSync(path, 'utf8')).toContain('/tmp/orders.csv');
  });

  it('that cannot be made are told of, and the others are written', () => {
    const broken = {
      repositoryPath: () => {
        throw new Error('no such thing');
      },
    };
    expect(writeOutputs(folder, ['codequality'], leaky, broken)).toEqual([
      { path: null, note: 'There is no gl-code-quality-report.json: no such thing. All that was found is in report.json.' },
    ]);
    expect(annotations(leaky, broken)).toBe('leak · There are no annotations: no such thing.\n');
  });
});

describe('the job summary', () => {
  it('is appended to what the step has said already', () => {
    const file = join(folder, 'summary.md');
    appendJobSummary({ GITHUB_STEP_SUMMARY: file }, clean, context);
    expect(readFileSync(file, 'utf8')).toMatch(/^## ✅ leak/);
    writeFileSync(file, 'before');
    expect(appendJobSummary({ GITHUB_STEP_SUMMARY: file }, clean, context)).toEqual({ path: null, note: null });
    expect(readFileSync(file, 'utf8')).toMatch(/^before\n\n## ✅ leak/);
  });

  it('leaves the step below the limit of GitHub together with what it has said already', () => {
    const file = join(folder, 'summary.md');
    writeFileSync(file, 'x'.repeat(995_000));
    appendJobSummary({ GITHUB_STEP_SUMMARY: file }, largeReport(1000, 500), context);
    const text = readFileSync(file);
    expect(text.length).toBeGreaterThan(995_000);
    expect(text.length).toBeLessThanOrEqual(1_000_000);
    expect(text.toString()).toContain('This summary was cut short');
  });

  it('is left out, with a note, where there is no room for it', () => {
    const file = join(folder, 'summary.md');
    writeFileSync(file, 'x'.repeat(999_000));
    const { note } = appendJobSummary({ GITHUB_STEP_SUMMARY: file }, clean, context);
    expect(note).toBe('There is no job summary: this step has written 999000 bytes to it, and GitHub drops one of more than 1 MiB.');
    expect(readFileSync(file)).toHaveLength(999_000);
  });

  it('that cannot be written is told of', () => {
    mkdirSync(join(folder, 'summary.md'));
    const { note } = appendJobSummary({ GITHUB_STEP_SUMMARY: join(folder, 'summary.md') }, clean, context);
    expect(note).toMatch(/^There is no job summary: .*summary\.md could not be written \(EISDIR/);
  });

  it('is not written where nobody asks for one', () => {
    expect(appendJobSummary({}, clean, context)).toEqual({ path: null, note: null });
  });
});

describe('what is printed', () => {
  it('holds no commands on GitHub, whether or not lines are annotated', () => {
    expect(harmless('  ::error::x\n', { GITHUB_ACTIONS: 'true' })).toBe('  :\u200b:error::x\n');
    expect(harmless('  ::error::x\n', {})).toBe('  ::error::x\n');
  });
});

describe('paths in the repository', () => {
  const here = process.cwd();
  const source = (): undefined => undefined;

  it('are those of this checkout, from the Playwright root', () => {
    const { repositoryPath } = outputContext(join(here, 'test/unit'), null, source);
    expect(repositoryPath('reporters/ciOutputs.test.ts')).toBe('test/unit/reporters/ciOutputs.test.ts');
    expect(repositoryPath('gone.spec.ts')).toBe('test/unit/gone.spec.ts');
  });

  it('are found when the root is that of another machine, whose reports were merged here', () => {
    const { repositoryPath } = outputContext('/nowhere/builds/leak/test/unit', null, source);
    expect(repositoryPath('reporters/ciOutputs.test.ts')).toBe('test/unit/reporters/ciOutputs.test.ts');
    expect(outputContext('/nowhere/else', null, source).repositoryPath('test/unit/gone.ts')).toBe('test/unit/gone.ts');
  });
});

describe('a CI server', () => {
  it.each([
    [{}, false],
    [{ CI: '' }, false],
    [{ CI: 'false' }, false],
    [{ CI: 'true' }, true],
    [{ CI: '1' }, true],
  ])('is known by its variable: %j', (env, expected) => {
    expect(isCi(env)).toBe(expected);
  });
});
