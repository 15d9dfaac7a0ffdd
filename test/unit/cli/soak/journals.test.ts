import { appendFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { Journals, latestJournal, notContinued, unfinishedOfOthers } from '../../../../src/cli/soak/journals.ts';
import { DEFAULT_CRITERIA } from '../../../../src/core/criteria.ts';
import { encodeSoakEntry, type SoakEntry } from '../../../../src/core/soakJournal.ts';
import type { SoakPlan } from '../../../../src/core/soakPlan.ts';
import { temporaryFolder } from '../../temporaryFolder.ts';

let directory = '';
let plan: SoakPlan;
beforeEach(() => {
  directory = temporaryFolder();
  plan = { iterations: 100, concurrency: 1, errorRate: 0, seed: 7, directory, resume: false };
});

const place = (name: string): string => path.join(directory, `${name}.jsonl`);
const write = (name: string, ...entries: SoakEntry[]): void => {
  appendFileSync(place(name), entries.map(encodeSoakEntry).join(''));
};
const header = (name: string, id?: string): SoakEntry => ({
  ...{ type: 'header', version: 1, name, testId: name, file: 'a.spec.ts', seed: 7, startedAt: '2026-11-21T13:00:00.000Z' },
  plan: id === undefined ? plan : { ...plan, id },
});
const begin = (segment: number): SoakEntry => ({
  ...{ type: 'segment', segment, pid: 42, startedAt: '', iterations: 100, criteria: DEFAULT_CRITERIA, plan },
});
const end = (segment: number): SoakEntry => ({ type: 'end', segment, cutShort: null });

describe('the journals of a run', () => {
  it('have ended when all processes have, and not while there are none', () => {
    write('before', header('before'), begin(0), end(0));
    const journals = new Journals(directory);
    const haveEnded = (): boolean => {
      journals.poll();
      return journals.haveEnded;
    };
    expect(haveEnded()).toBe(false);
    write('drawer', header('drawer'), begin(0), end(0));
    expect(haveEnded()).toBe(true);
    write('shelf', header('shelf'), begin(0));
    expect(haveEnded()).toBe(false);
    write('shelf', end(0));
    expect(haveEnded()).toBe(true);
  });

  it('are those that it touches', () => {
    write('before', header('before'), begin(0), end(0));
    write('resumed', header('resumed'), begin(0), end(0));
    const journals = new Journals(directory);
    write('resumed', begin(1));
    writeFileSync(place('cut'), '{"type":"header","ver');
    journals.poll();
    expect(journals.files.map(({ path: file }) => path.basename(file))).toEqual(['resumed.jsonl']);
  });
});

describe('a folder that goes while a run writes into it', () => {
  it.each([
    ['when it is removed', () => undefined, []],
    ['and says what became of it when a file takes its place', () => writeFileSync(directory, ''), ['ENOTDIR', 'ENOTDIR']],
  ])('leaves what was read %s', (_, replace, problems) => {
    const journals = new Journals(directory);
    write('drawer', header('drawer'), begin(0));
    journals.poll();
    rmSync(directory, { recursive: true });
    replace();
    expect(journals.poll()).toEqual([]);
    expect(journals.files.map(({ history }) => history.header?.name)).toEqual(['drawer']);
    expect(journals.problems.map((problem) => /could not be read: (\w+)/.exec(problem)?.[1])).toEqual(problems);
  });
});

describe('the journal of the soak that was run last', () => {
  const begunAt = (segment: number, startedAt: string): SoakEntry => ({ ...begin(segment), startedAt }) as SoakEntry;
  const [EARLY, LATE, LATEST] = ['2026-11-21T13:00:01.000Z', '2026-11-21T17:00:00.000Z', '2026-11-22T08:00:00.000Z'];

  it.each([
    ['nothing', ''],
    ['half of a header', '{"type":"header","ver'],
  ])('is the one before when a run was killed with %s in its own', (_, text) => {
    expect(latestJournal(directory)).toBeUndefined();
    write('box', header('box'), begunAt(0, EARLY));
    write('drawer', header('drawer'), begunAt(0, LATE));
    writeFileSync(place('cut'), text);
    expect(latestJournal(directory)?.history).toMatchObject({ header: { name: 'drawer' }, plan });
  });

  it('is the one that was resumed last, whenever the files were written', () => {
    write('drawer', header('drawer'), begunAt(0, LATE));
    write('box', header('box'), begunAt(0, EARLY), begunAt(1, LATEST));
    write('shelf', header('shelf'), begunAt(0, LATE));
    utimesSync(place('box'), 100, 100);
    expect(latestJournal(directory)?.history.header?.name).toBe('box');
  });

  it('is one of this version where others are beside it', () => {
    writeFileSync(place('old'), encodeSoakEntry(header('old')).replace('"version":1', '"version":0'));
    write('shelf', header('shelf'));
    expect(latestJournal(directory)?.history.header?.name).toBe('shelf');
  });

  it('is refused with its name when it is of another version', () => {
    writeFileSync(place('drawer'), encodeSoakEntry(header('drawer')).replace('"version":1', '"version":2'));
    expect(() => latestJournal(directory)).toThrow(`${place('drawer')} cannot be continued: it has version 2`);
  });
});

describe('journals of other soaks', () => {
  it('are told of when they have not come to their end', () => {
    write('own', header('own', 'tuesday'), begin(0));
    write('killed', header('killed', 'monday'), begin(0));
    write('stopped', header('stopped', 'monday'), begin(0), { type: 'end', segment: 0, cutShort: 'cut short: SIGTERM' });
    write('ended', header('ended', 'monday'), begin(0), end(0));
    write('nameless', header('nameless'), begin(0));
    writeFileSync(place('old'), '{"type":"header","version":0}\n');
    const names = (id?: string): string[] => unfinishedOfOthers(directory, id).map(({ path: file }) => path.basename(file, '.jsonl'));
    expect(names('tuesday')).toEqual(['killed', 'nameless', 'stopped']);
    expect(names()).toEqual(['killed', 'own', 'stopped']);
  });
});

describe('journals of a soak that was resumed', () => {
  it('are told of when no test has continued them, and they have not come to their end', () => {
    write('renamed', header('renamed', 'monday'), begin(0));
    write('continued', header('continued', 'monday'), begin(0));
    write('ended', header('ended', 'monday'), begin(0), end(0));
    write('other', header('other', 'tuesday'), begin(0));
    const continued = unfinishedOfOthers(directory, 'tuesday').filter(({ path: file }) => path.basename(file) === 'continued.jsonl');
    expect(notContinued(directory, 'monday', continued)).toEqual([
      'renamed.jsonl was not continued, with 0 iterations of renamed: was its test or its scenario renamed, or was it not selected',
    ]);
    expect(notContinued(directory, undefined, [])).toEqual([]);
  });
});
