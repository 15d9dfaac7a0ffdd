import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCorpus } from './expectations.ts';
import { judgeResult, judgeWorkers, resultsOf } from './judgeCorpus.ts';
import { runPlaywright, type PlaywrightRun } from './runPlaywright.ts';

const folder = path.resolve(import.meta.dirname, '../corpus');
const corpus = readCorpus(folder);

describe('the corpus', () => {
  let run: PlaywrightRun;

  beforeAll(async () => {
    run = await runPlaywright({ cwd: folder, args: ['--reporter=leak', '--workers=2'] });
  });

  it('has at least 40 leaks, each with a clean twin', () => {
    const groups = new Map<string, Set<string>>();
    for (const { file, group, title } of corpus.cases) {
      const name = `${file} ${group}`;
      groups.set(name, (groups.get(name) ?? new Set()).add(/^`?(\w+)/.exec(title)?.[1] ?? ''));
    }
    const pairs = [...groups.values()].filter((titles) => (titles.has('leaky') || titles.has('late')) && titles.has('clean'));
    expect(pairs.length).toBeGreaterThanOrEqual(40);
  });

  for (const one of corpus.cases) {
    it(`${one.file}:${String(one.line)} ${one.group} › ${one.title}`, () => {
      const results = run.report === undefined ? [] : resultsOf(run.report, one);
      expect(results.length, run.stdout.slice(-2000) + run.stderr.slice(-2000)).toBeGreaterThan(0);
      expect(results.flatMap((result) => judgeResult(result, one).map(({ sort, text }) => `${sort}: ${text}`))).toEqual([]);
    });
  }

  it('charges workers with what hooks and worker fixtures left, and with nothing else', () => {
    expect(run.report === undefined ? ['no report'] : judgeWorkers(run.report, corpus).map(({ text }) => text)).toEqual([]);
  });

  it('fails the gate', () => {
    expect(run.exitCode).toBe(1);
    expect(run.report?.verdict).toBe('leak');
    expect(run.report?.gate.failed).toBe(true);
    expect(run.stdout).toContain('GATE FAILED');
  });
});
