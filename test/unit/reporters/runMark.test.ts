import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunMark } from '../../../reporters/runMark.ts';
import { RUN_DIRECTORY_VARIABLE, RUN_ID_VARIABLE } from '../../../src/core/record.ts';

describe('the mark of a run', () => {
  it('is in the environment while the run lasts, and the environment is as before afterwards', () => {
    const env: NodeJS.ProcessEnv = { [RUN_ID_VARIABLE]: 'outer' };
    const mark = new RunMark();
    mark.begin(env);
    const folder = env[RUN_DIRECTORY_VARIABLE] ?? '';
    expect(env[RUN_ID_VARIABLE]).toBe(mark.id);
    expect(existsSync(folder)).toBe(true);
    mark.end(env);
    mark.end(env);
    expect(env).toEqual({ [RUN_ID_VARIABLE]: 'outer' });
    expect(existsSync(folder)).toBe(false);
  });

  it('leaves no listener behind, and no folder when the run never ends in order', () => {
    const before = process.listeners('exit').length;
    const env: NodeJS.ProcessEnv = {};
    const mark = new RunMark();
    mark.begin(env);
    const folder = env[RUN_DIRECTORY_VARIABLE] ?? '';
    const [atExit] = process.listeners('exit').slice(before);
    atExit?.(0);
    expect(existsSync(folder)).toBe(false);
    mark.end(env);
    expect(process.listeners('exit')).toHaveLength(before);
  });

  it('differs between runs', () => {
    expect(new RunMark().id).not.toBe(new RunMark().id);
  });

  it('reads the journals of its workers and nothing else', () => {
    const env: NodeJS.ProcessEnv = {};
    const mark = new RunMark();
    mark.begin(env);
    const folder = env[RUN_DIRECTORY_VARIABLE] ?? '';
    writeFileSync(join(folder, 'worker-3.jsonl'), '{"type":"start","workerIndex":3,"pid":9,"detectors":[]}\n{"type":"clos');
    writeFileSync(join(folder, 'other.txt'), 'x');
    const journals = mark.readJournals();
    mark.end(env);
    expect([...journals.keys()]).toEqual([3]);
    expect(journals.get(3)).toMatchObject({ pid: 9, end: null, problems: [expect.stringContaining('line 2')] });
  });
});
