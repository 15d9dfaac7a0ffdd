import { describe, expect, it } from 'vitest';
import { buildReport } from '../../../src/core/buildReport.ts';
import { decodeShard, encodeShard, markKey, readMarks, shardEntry, ShardFormatError, type ShardData } from '../../../src/core/shard.ts';
import { joinUses } from '../../../src/core/ruleUse.ts';
import { TextPool } from '../../../src/core/textPool.ts';
import { aFinding, anInput, aRecord, aResult } from './reportSamples.ts';

const RUN = '97f8fd24-c4bb-4005-8481-59ee54fe74c9';
const report = buildReport(anInput([aResult({ record: aRecord([aFinding('a')]) }), aResult({ id: 'id-2' })], { notes: ['a note'] }));
const settings = { failOn: 'inconclusive', baseline: null, budgets: new Map([['leaks', 3]] as const) } as const;
const rules = joinUses([{ set: 's', used: ['k'], rules: [{ key: 'k', text: 'the allow rule for x' }] }]);
const data: ShardData = { settings, selection: { chosenBy: '-g a', shard: '1/2' }, rules, report };

describe('the leak data of a shard', () => {
  it('comes back as it was sent', () => {
    expect(decodeShard(encodeShard(data))).toEqual(data);
    const byDefault = { ...data, settings: { ...settings, failOnByDefault: true } } as const;
    expect(decodeShard(encodeShard(byDefault))).toEqual(byDefault);
    const selection = undefined;
    expect(decodeShard(encodeShard({ ...data, selection }))).toEqual({ ...data, selection });
  });

  it('keeps once what tests and shards have in common', () => {
    const pool = new TextPool();
    const [one, other] = [decodeShard(encodeShard(data), pool), decodeShard(encodeShard(data), pool)];
    expect(one).toEqual(other);
    expect(one.report.tests[1]?.notes).toBe(other.report.tests[1]?.findings);
  });

  it.each([
    ['a cut text', encodeShard(data).slice(0, 200)],
    ['something else', '[]'],
    ['no format', JSON.stringify({ settings, report })],
    ['no settings', JSON.stringify({ format: 1, report })],
  ])('is called damaged when it is %s', (_, source) => {
    expect(() => decodeShard(source)).toThrow(new ShardFormatError('its leak data is damaged: run the shard again'));
  });

  it('says which release is needed when it is of a newer one', () => {
    expect(() => decodeShard(JSON.stringify({ format: 2, settings, report }))).toThrow(
      'its leak data was written by a newer release of leak (format 2; this one reads format 1): use the same release in the shards and here',
    );
    expect(() => decodeShard(JSON.stringify({ format: 1, settings, report: { ...report, schemaVersion: 2 } }))).toThrow(ShardFormatError);
    expect(() => decodeShard(JSON.stringify({ format: 1, settings, report: { ...report, schemaVersion: 2 } }))).toThrow(
      /schema version 2.*update leak/,
    );
  });
});

describe('the mark of a run', () => {
  it('is found among what users and Playwright have put there', () => {
    const mark = { shard: { current: 2, total: 3 }, group: 'linux' };
    const metadata = { actualWorkers: 2, ci: { href: 'x' }, [markKey(RUN)]: mark };
    expect(readMarks(metadata)).toEqual(new Map([[markKey(RUN), { run: RUN, ...mark }]]));
  });

  it.each([[{ current: 4, total: 3 }], [{ current: 0, total: 3 }], [{ current: '1', total: 3 }], [null], ['1/3']])(
    'takes no shard from %j',
    (shard) => {
      expect([...readMarks({ [markKey(RUN)]: { shard } }).values()]).toEqual([{ run: RUN, shard: null, group: '' }]);
    },
  );

  it('is not taken from what could lead out of the folder of blobs', () => {
    expect(readMarks({ [markKey('../../../../../../../etc/passwd/x/x/xxx')]: {}, [markKey('')]: {}, [markKey(RUN)]: 'text' })).toEqual(
      new Map(),
    );
    expect(readMarks(undefined)).toEqual(new Map());
    expect(shardEntry(RUN)).toBe(`resources/leak-${RUN}.json`);
  });
});
