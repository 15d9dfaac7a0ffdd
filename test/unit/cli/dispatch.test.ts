import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { leak } from './temporaryProject.ts';

describe('leak', () => {
  it.each([[[]], [['--help']], [['-h']]])('lists its commands when called with %j', async (args) => {
    const { exitCode, out, error } = await leak('/', args);
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' });
    expect(out).toMatch(/^ {2}doctor {4}say what works here/m);
    expect(out).toMatch(/^ {2}show {6}print a report again/m);
    expect(out).toMatch(/^ {2}bench {5}measure leak\/resilience on this machine/m);
  });

  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(await leak('/', ['--version'])).toEqual({ exitCode: 0, out: `${version}\n`, error: '' });
  });

  it.each([
    [['frobnicate'], 'leak: Unknown command "frobnicate": expected doctor, show, baseline, trend, bench, soak, --help or --version.\n'],
    [['--frobnicate'], 'leak: Unknown option "--frobnicate": expected doctor, show, baseline, trend, bench, soak, --help or --version.\n'],
    [['show', '--colour'], "leak: Unknown option '--colour': expected --format, --root, --help.\n"],
    [['doctor', '--deep'], "leak: Unknown option '--deep': expected --help.\n"],
    [['bench', '--jsonx'], "leak: Unknown option '--jsonx': expected --filter, --time, --json, --chromium, --help.\n"],
    [['bench', '--time', '-5'], 'leak: --time needs a value, and one that begins with a dash is written --time=-….\n'],
    [['bench', '--time=-5'], 'leak: --time must be a whole number of milliseconds from 1 to 600000, came "-5".\n'],
    [['bench', '--time'], "leak: Option '--time <value>' argument missing.\n"],
    [['baseline', '-o', '-x'], 'leak: --output needs a value, and one that begins with a dash is written --output=-….\n'],
    [['baseline', '--ad'], "leak: Unknown option '--ad': expected --add, --prune, --update, --budgets, --output, --help.\n"],
    [['doctor', 'here'], "leak: Unexpected argument 'here'.\n"],
    [['show', 'a', 'b'], 'leak: show takes one path, came 2: a, b.\n'],
  ])('does not understand %j, says so in one sentence and exits with 2', async (args, error) => {
    expect(await leak('/', args)).toEqual({ exitCode: 2, out: '', error });
  });

  it.each(['doctor', 'show', 'bench'])('explains %s', async (name) => {
    const { exitCode, out } = await leak('/', [name, '--help']);
    expect(exitCode).toBe(0);
    expect(out).toContain(`Usage: leak ${name}`);
  });
});
