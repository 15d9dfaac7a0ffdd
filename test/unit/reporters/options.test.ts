import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { resolveOptions } from '../../../reporters/options.ts';
import { OUTPUT_NAMES } from '../../../src/render/outputs.ts';
import { temporaryFolder } from '../temporaryFolder.ts';

const CHOICES = OUTPUT_NAMES.map((name) => `'${name}'`).join(', ');

let folder = '';
beforeEach(() => {
  folder = temporaryFolder();
  writeFileSync(join(folder, 'known.json'), '{"schemaVersion":1,"findings":[{"fingerprint":"f"}]}');
  writeFileSync(join(folder, 'cut.json'), '{"schemaVersion":1,');
});

describe('the reporter’s options', () => {
  it('have defaults', () => {
    expect(resolveOptions(undefined, {}, '/here')).toEqual({
      mode: 'test',
      configDir: '/here',
      outputDir: null,
      failOn: 'leak',
      baseline: null,
      budgets: new Map(),
      given: { failOn: false, baseline: false },
      commandHash: '',
      outputs: [],
      github: false,
      notes: [],
    });
  });

  it('are relative to the config, environment variables to the working directory and before them', () => {
    const options = { configDir: '/config', outputDir: 'out', failOn: 'never' };
    expect(resolveOptions(options, {}, '/here')).toMatchObject({ outputDir: '/config/out', failOn: 'never' });
    const env = { PLAYWRIGHT_LEAK_OUTPUT_DIR: 'mine', PLAYWRIGHT_LEAK_FAIL_ON: 'new' };
    expect(resolveOptions(options, env, '/here')).toMatchObject({ outputDir: '/here/mine', failOn: 'new' });
    expect(resolveOptions(options, { PLAYWRIGHT_LEAK_FAIL_ON: '' }, '/here').failOn).toBe('never');
  });

  it('tell what was said from what is only the default', () => {
    expect(resolveOptions({ failOn: 'leak' }, {}, '/here').given).toEqual({ failOn: true, baseline: false });
    expect(resolveOptions({ baseline: false }, { PLAYWRIGHT_LEAK_FAIL_ON: 'new' }, '/here').given).toEqual({
      failOn: true,
      baseline: true,
    });
    const env = { PLAYWRIGHT_LEAK_BASELINE: join(folder, 'known.json') };
    expect(resolveOptions({}, env, '/here').given).toEqual({ failOn: false, baseline: true });
  });

  it('gate only new leaks when there is a baseline, unless told otherwise', () => {
    const options = { configDir: folder, baseline: 'known.json' };
    const resolved = resolveOptions(options, {}, '/');
    expect(resolved).toMatchObject({ baseline: { file: join(folder, 'known.json') }, failOn: 'new' });
    expect([...(resolved.baseline?.leaks.keys() ?? [])]).toEqual(['f']);
    expect(resolveOptions({ ...options, failOn: 'leak' }, {}, '/').failOn).toBe('leak');
  });

  it('find the baseline beside the config or above it, up to the nearest package.json, and can do without', () => {
    const project = mkdtempSync(join(folder, 'project-'));
    const e2e = join(project, 'e2e');
    mkdirSync(e2e);
    const baseline = '{"schemaVersion":1,"findings":[]}';
    writeFileSync(join(folder, 'leak-baseline.json'), baseline);
    writeFileSync(join(project, 'package.json'), '{}');
    expect(resolveOptions({ configDir: e2e }, {}, '/')).toMatchObject({ baseline: null, failOn: 'leak' });
    const above = join(project, 'leak-baseline.json');
    writeFileSync(above, baseline);
    expect(resolveOptions({ configDir: e2e }, {}, '/')).toMatchObject({ baseline: { file: above }, failOn: 'new' });
    writeFileSync(join(e2e, 'leak-baseline.json'), baseline);
    expect(resolveOptions({ configDir: e2e }, {}, '/').baseline?.file).toBe(join(e2e, 'leak-baseline.json'));
    expect(resolveOptions({ configDir: e2e, baseline: false }, {}, '/')).toMatchObject({ baseline: null, failOn: 'leak' });
    const env = { PLAYWRIGHT_LEAK_BASELINE: 'leak-baseline.json' };
    expect(resolveOptions({ configDir: e2e, baseline: false }, env, project).baseline?.file).toBe(above);
    const none = { PLAYWRIGHT_LEAK_BASELINE: 'false' };
    expect(resolveOptions({ configDir: e2e }, none, project)).toMatchObject({ baseline: null, failOn: 'leak' });
    expect(resolveOptions({ configDir: e2e, baseline: 'leak-baseline.json' }, none, project).baseline).toBeNull();
  });

  it.each([
    [{ failOn: 'always' }, {}, "leak reporter, failOn: expected 'leak', 'new', 'inconclusive', 'never', got \"always\""],
    [{ failOn: 1 }, {}, 'leak reporter, failOn: expected a non-empty text, got 1'],
    [{ outputDir: '' }, {}, 'leak reporter, outputDir: expected a non-empty text, got ""'],
    [[], {}, 'leak reporter: expected an object with outputDir, failOn, baseline, budgets, outputs, github, got an array of 0'],
    [{}, { PLAYWRIGHT_LEAK_FAIL_ON: 'x' }, 'leak reporter, PLAYWRIGHT_LEAK_FAIL_ON: expected'],
    [{ outputs: 'sarif' }, {}, `leak reporter, outputs: expected a list of ${CHOICES}, got "sarif"`],
    [{ outputs: ['html'] }, {}, `leak reporter, outputs: expected a list of ${CHOICES}, got "html" in it`],
    [{ outputs: [7] }, {}, 'got 7 in it'],
    [{}, { PLAYWRIGHT_LEAK_OUTPUTS: 'codequality,,' }, 'leak reporter, PLAYWRIGHT_LEAK_OUTPUTS: expected a list of'],
    [{ github: 'yes' }, {}, 'leak reporter, github: expected true or false, got "yes"'],
    [{}, { PLAYWRIGHT_LEAK_GITHUB: 'yes' }, "leak reporter, PLAYWRIGHT_LEAK_GITHUB: expected 'true' or 'false', got \"yes\""],
    [{ budgets: { fd: 1 } }, {}, 'leak reporter, budgets.fd: no such option; expected one of fds, '],
    [{ baseline: 'none.json' }, {}, 'leak reporter, baseline: expected a baseline or a report.json at'],
  ])('%j with %j are refused in one line', (options, env, message) => {
    const refusal = (): unknown => {
      try {
        return resolveOptions(options, env, folder);
      } catch (error) {
        return error;
      }
    };
    const error = refusal();
    expect(error).toBeInstanceOf(TypeError);
    expect((error as TypeError).message).toContain(message);
    expect((error as TypeError).stack).not.toContain('\n');
  });

  it('name the files for CI, each once, in the environment separated by commas', () => {
    const outputs = ['codequality', 'codequality'];
    expect(resolveOptions({ outputs }, {}, '/').outputs).toEqual(['codequality']);
    expect(resolveOptions({ outputs: [] }, { PLAYWRIGHT_LEAK_OUTPUTS: ' codequality ,codequality' }, '/').outputs).toEqual(['codequality']);
    expect(resolveOptions({ outputs }, { PLAYWRIGHT_LEAK_OUTPUTS: '' }, '/').outputs).toEqual(['codequality']);
  });

  it('annotate on GitHub Actions by themselves, unless told otherwise', () => {
    const github = (options: object, env: Record<string, string>): boolean => resolveOptions(options, env, '/').github;
    expect(github({}, { GITHUB_ACTIONS: 'true' })).toBe(true);
    expect(github({ github: false }, { GITHUB_ACTIONS: 'true' })).toBe(false);
    expect(github({ github: false }, { PLAYWRIGHT_LEAK_GITHUB: '1' })).toBe(true);
    expect(github({ github: true }, { PLAYWRIGHT_LEAK_GITHUB: 'false' })).toBe(false);
  });

  it('name a damaged baseline and what is wrong with it', () => {
    expect(() => resolveOptions({ baseline: 'cut.json' }, {}, folder)).toThrow(
      /cut\.json cannot be used: it is cut off: .*delete the file/,
    );
  });

  it('mention an option that does not exist, and leave alone what Playwright adds', () => {
    expect(resolveOptions({ failon: 'new', _mode: 'list', _commandHash: 'x', configDir: '/c' }, {}, '/')).toMatchObject({
      mode: 'list',
      notes: ['The reporter has no option "failon"; it has outputDir, failOn, baseline, budgets, outputs, github.'],
    });
  });
});
