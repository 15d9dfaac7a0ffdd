import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../src/cli/command.ts';
import { playwrightArguments } from '../../../../src/cli/soak/playwrightArguments.ts';
import { parseSoakArguments } from '../../../../src/cli/soak/soakArguments.ts';
import { planSoak } from '../../../../src/cli/soak/soakPlanning.ts';
import { leak, temporaryProject } from '../temporaryProject.ts';

describe('the arguments of leak soak', () => {
  it('are its own, and all others are Playwright’s, in order', () => {
    const args = ['drawer.spec.ts', '--duration', '72h', '-g', 'drawer', '--concurrency=100', '--fd-limit', '100', '--memory-limit=512m'];
    const more = ['--error-rate', '0.05', '--project=chromium', '--sample-every=5m', '--resume', '--seed', '7', '--', '--iterations', 'x'];
    expect(parseSoakArguments([...args, ...more])).toEqual({
      ...{ iterations: undefined, durationMs: 259_200_000, concurrency: 100, errorRate: 0.05, seed: 7, sampleEveryMs: 300_000 },
      ...{ fdLimit: 100, memoryLimitBytes: 536_870_912, resume: true },
      playwright: ['drawer.spec.ts', '-g', 'drawer', '--project=chromium', '--iterations', 'x'],
    });
  });

  it.each([
    [['--duration', '72'], '--duration: expected a duration such as 500ms, 30s, 5m, 72h or 3d, got "72".'],
    [['--duration=-1h'], '--duration: expected a duration such as'],
    [['--sample-every', 'soon'], '--sample-every: expected a duration such as'],
    [['--memory-limit', 'much'], '--memory-limit: expected a size such as 512m or 1g, got "much".'],
    [['--memory-limit', '1m'], '--memory-limit: expected at least 64m, which Playwright itself needs, got "1m".'],
    [['--iterations', '1e3'], '--iterations: expected a whole number of 1 to 9007199254740991, got "1e3".'],
    [['--iterations', '0'], '--iterations: expected a whole number'],
    [['--iterations', '19'], '--iterations: expected at least 20 for a verdict, got "19".'],
    [['--fd-limit', 'few'], '--fd-limit: expected a whole number'],
    [['--seed', '4294967296'], '--seed: expected a whole number of 0 to 4294967295'],
    [['--error-rate', '5%'], '--error-rate: expected a share from 0 to 1, such as 0.05, got "5%".'],
    [['--error-rate', '1.5'], '--error-rate: expected a share from 0 to 1'],
    [['--concurrency'], '--concurrency needs a value.'],
    [['--concurrency='], '--concurrency needs a value.'],
    [['--seed', '1', '--seed', '2'], '--seed is there twice.'],
    [['--resume=yes'], '--resume takes no value, got "yes".'],
    [['--iterations', '50', '--duration', '1h'], 'soak takes --iterations or --duration, came both.'],
  ])('%j are refused: %s', (args, sentence) => {
    expect(() => parseSoakArguments(args)).toThrow(UsageError);
    expect(() => parseSoakArguments(args)).toThrow(sentence);
  });
});

describe('the arguments of Playwright in a soak', () => {
  it('are one worker, no retries, no end, and our reporter', () => {
    expect(playwrightArguments(['-g', 'drawer'], '/leak.js')).toEqual([
      'test',
      '--workers=1',
      '--retries=0',
      '--global-timeout=0',
      '--reporter=/leak.js,line',
      '-g',
      'drawer',
    ]);
  });

  it.each([['-j', '2'], ['-j2'], ['--workers', '2'], ['--workers=2'], ['--retries=1'], ['--reporter', 'html'], ['--global-timeout=5000']])(
    'are left as they were given: %s %s',
    (...args) => {
      const given = args.filter((argument) => typeof argument === 'string');
      const all = playwrightArguments(given, '/leak.js');
      expect(all).toHaveLength(5 - 1 + given.length);
      expect(all.slice(-given.length)).toEqual(given);
    },
  );
});

describe('the plan of a soak', () => {
  const former = { id: 'monday', iterations: 500, concurrency: 3, errorRate: 0.1, seed: 9, fdLimit: 100, directory: '/old', resume: false };

  it('is what the command line says, with a seed of its own', () => {
    const { seed, id, ...plan } = planSoak(parseSoakArguments(['--iterations', '20']), '/soak', undefined);
    expect(plan).toEqual({ iterations: 20, concurrency: 1, errorRate: 0, directory: '/soak', resume: false });
    expect(seed).toBeGreaterThanOrEqual(0);
    expect(id).toMatch(/./);
    expect(planSoak(parseSoakArguments([]), '/soak', undefined).id).not.toBe(id);
  });

  it('is what the soak ran with last when it is resumed, but for what the command line says', () => {
    expect(planSoak(parseSoakArguments(['--resume']), '/soak', former)).toEqual({ ...former, directory: '/soak', resume: true });
    const { iterations: _, ...rest } = former;
    const longer = parseSoakArguments(['--resume', '--duration', '1h', '--fd-limit', '50']);
    expect(planSoak(longer, '/soak', former)).toEqual({ ...rest, durationMs: 3_600_000, fdLimit: 50, directory: '/soak', resume: true });
  });

  it.each([
    [['--seed', '1'], '--seed: expected 9, with which the soak was begun that --resume continues, got 1.'],
    [['--concurrency', '10'], '--concurrency: expected 3,'],
    [['--error-rate', '0'], '--error-rate: expected 0.1,'],
  ])('does not continue under another load: %j', (args, sentence) => {
    expect(() => planSoak(parseSoakArguments(['--resume', ...args]), '/soak', former)).toThrow(sentence);
  });

  it.each([
    [['--duration', '5m', '--sample-every', '1m'], 'at most 20 s, for a verdict needs 16 readings and the time is 5 min, got 1 min.'],
    [['--duration', '72h', '--sample-every', '1d'], 'at most 4 h 48 min,'],
  ])('that could give no verdict is refused: %j', (args, sentence) => {
    expect(() => planSoak(parseSoakArguments(args), '/soak', undefined)).toThrow(`--sample-every: expected ${sentence}`);
  });

  it.each([[['--duration', '5m', '--sample-every', '20s']], [['--iterations', '1000', '--sample-every', '1d']]])(
    'that can give a verdict is none of its business: %j',
    (args) => {
      expect(planSoak(parseSoakArguments(args), '/soak', undefined)).toMatchObject({ resume: false });
    },
  );

  it('has no name where the soak that is resumed has none: its journals could not be told from those of another', () => {
    const { id: _, ...nameless } = former;
    expect(planSoak(parseSoakArguments(['--resume']), '/soak', nameless)).toEqual({ ...nameless, directory: '/soak', resume: true });
  });

  it('does not begin anew when there is nothing to resume', () => {
    expect(() => planSoak(parseSoakArguments(['--resume']), '/soak', undefined)).toThrow('there is nothing to resume in /soak');
  });
});

describe('leak soak', () => {
  it('explains itself', async () => {
    const { exitCode, out } = await leak(temporaryProject({}), ['soak', '--help']);
    expect(exitCode).toBe(0);
    expect(out).toContain('--fd-limit <n>');
  });

  it('says what it does not understand, and starts nothing', async () => {
    const { exitCode, out, error } = await leak(temporaryProject({ 'package.json': {} }), ['soak', '--duration', 'long']);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(error).toBe('leak: --duration: expected a duration such as 500ms, 30s, 5m, 72h or 3d, got "long".\n');
  });

  it('says that Playwright is missing', async () => {
    const { exitCode, error } = await leak(temporaryProject({ 'package.json': {} }), ['soak']);
    expect(exitCode).toBe(1);
    expect(error).toBe('leak: @playwright/test is not installed here: npm i -D @playwright/test.\n');
  });
});
