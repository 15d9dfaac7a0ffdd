import type { FullConfig, Suite, TestResult } from '@playwright/test/reporter';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { ShardDelivery } from '../../../reporters/shardDelivery.ts';
import { ShardMerge } from '../../../reporters/shardMerge.ts';
import { RECORD_ANNOTATION } from '../../../src/core/record.ts';
import { encodeShard, markKey, shardData, shardEntry } from '../../../src/core/shard.ts';
import { buildPart } from '../../../src/core/runPart.ts';
import { anInput, aRecord, aResult } from '../core/reportSamples.ts';
import { temporaryFolder } from '../temporaryFolder.ts';

const RUN = '97f8fd24-c4bb-4005-8481-59ee54fe74c9';
const EMPTY = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);

let folder = '';
beforeEach(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder, 'resources'));
});

interface Metadata {
  [name: string]: unknown;
}

/** A suite as Playwright has it: root, projects, tests. */
function aSuite(...projects: readonly Metadata[]): Suite {
  const root = { type: 'root', suites: [] as Suite[], allTests: () => root.suites.flatMap((suite) => suite.allTests()) };
  for (const [index, metadata] of projects.entries()) {
    const project = { name: `p${index}`, metadata };
    const suite = {
      title: project.name,
      type: 'project',
      parent: root,
      project: () => project,
      allTests: () => [test],
    } as unknown as Suite;
    const annotations = [{ type: RECORD_ANNOTATION, description: JSON.stringify(aRecord()) }];
    const test = {
      ...{ id: `id-${index}`, title: 't', annotations, parent: suite, location: { file: '/merged/a.spec.ts', line: 1 } },
      ...{ titlePath: () => ['', project.name, 'a.spec.ts', 't'], outcome: () => 'expected', results: [] },
    };
    root.suites.push(suite);
  }
  return root as unknown as Suite;
}

function play(merge: ShardMerge, suite: Suite): void {
  for (const test of suite.allTests()) merge.testEnds(test, { workerIndex: 0, retry: 0, status: 'passed' } as TestResult);
}

function mark(current: number): Metadata {
  return { [markKey(RUN)]: { shard: { current, total: 2 }, group: '' } };
}

function send(text = encodeShard(shardData(buildPart(anInput([aResult()])), anInput([]), {}))): void {
  writeFileSync(join(folder, shardEntry(RUN)), text);
}

describe('merging blobs', () => {
  it('takes what the shard’s own reporter judged, and leaves no mark for other reporters', () => {
    send();
    const metadata = { ...mark(1), mine: 1 };
    const suite = aSuite(metadata);
    const merge = new ShardMerge({ rootDir: '/merged', metadata } as unknown as FullConfig, suite, ['/elsewhere', folder]);
    play(merge, suite);
    expect(merge.shards()).toMatchObject([
      { mark: { run: RUN, shard: { current: 1, total: 2 } }, own: { settings: { failOn: 'leak' } }, copies: 1 },
    ]);
    expect(merge.shards()[0]?.part.tests).toMatchObject([{ title: 'exports the orders', file: 'checkout.spec.ts' }]);
    expect(metadata).toEqual({ mine: 1 });
  });

  it('takes the records where a blob brings nothing else', () => {
    const suite = aSuite({});
    const merge = new ShardMerge({ rootDir: '/merged', metadata: {} } as unknown as FullConfig, suite, [folder]);
    play(merge, suite);
    expect(merge.shards()).toMatchObject([{ mark: null, own: null, outcomes: { passed: 1 } }]);
    expect(merge.shards()[0]?.part.tests).toMatchObject([{ file: 'a.spec.ts', verdict: 'pass', project: 'p0' }]);
  });

  it.each([
    ['is not there', undefined, 'its blob holds no leak data'],
    ['is damaged', '{"format":1,', 'its leak data is damaged'],
    ['is of a newer release', '{"format":7}', 'newer release'],
  ])('takes the records and says why when its leak data %s', (_, text, problem) => {
    if (text !== undefined) send(text);
    const suite = aSuite(mark(1));
    const merge = new ShardMerge({ rootDir: '/merged', metadata: mark(1) } as unknown as FullConfig, suite, [folder]);
    play(merge, suite);
    const [shard] = merge.shards();
    expect(shard).toMatchObject({ own: null, mark: { shard: { current: 1 } }, outcomes: { passed: 1 } });
    expect(shard?.problem).toContain(problem);
    expect(shard?.part.tests).toHaveLength(1);
  });

  it('knows a shard without any test, and the same blob under two names', () => {
    send();
    expect(new ShardMerge({ rootDir: '/', metadata: mark(2) } as unknown as FullConfig, aSuite(), [folder]).shards()).toMatchObject([
      { mark: { shard: { current: 2 } } },
    ]);
    const twice = aSuite(mark(1), mark(1));
    for (const suite of twice.suites) Object.assign(suite, { title: 'p' });
    expect(new ShardMerge({ rootDir: '/', metadata: mark(1) } as unknown as FullConfig, twice, [folder]).shards()).toMatchObject([
      { copies: 2 },
    ]);
  });
});

describe('sending along with a blob', () => {
  const data = () => shardData(buildPart(anInput([aResult()])), anInput([]), {});
  const surroundings = () => ({ configDir: folder, commandHash: '', env: { PLAYWRIGHT_BLOB_OUTPUT_DIR: folder }, cwd: folder });

  function begin(metadata: Metadata, file: string | null = 'report.zip'): ShardDelivery | null {
    const reporter = file === null ? [['list']] : [['blob']];
    const config = { reporter, shard: null, metadata } as unknown as FullConfig;
    return ShardDelivery.begin(RUN, config, aSuite(metadata, {}), surroundings());
  }

  it('does nothing in a run without a blob', () => {
    const metadata = {};
    expect(begin(metadata, null)).toBeNull();
    expect(metadata).toEqual({});
  });

  it('marks the run for as long as its blob is not written, and then adds to the blob', () => {
    const metadata: Metadata = {};
    const delivery = begin(metadata);
    expect(metadata).toEqual({ [markKey(RUN)]: { shard: null, group: '' } });
    writeFileSync(join(folder, 'report.zip'), EMPTY);
    expect(delivery?.deliver(data)).toEqual([]);
    expect(readFileSync(join(folder, 'report.zip'), 'latin1')).toContain(shardEntry(RUN));
    expect(metadata).toEqual({});
    expect(delivery?.end()).toBeNull();
  });

  it('waits for a blob that comes later, and leaves alone one that was there before', () => {
    writeFileSync(join(folder, 'report.zip'), EMPTY);
    const delivery = begin({});
    expect(delivery?.deliver(data)).toEqual([]);
    expect(readFileSync(join(folder, 'report.zip'))).toEqual(EMPTY);
    writeFileSync(join(folder, 'report.zip'), Buffer.concat([EMPTY.subarray(0, 20), Buffer.from([1, 0, 0])]));
    expect(delivery?.end()).toBeNull();
    expect(readFileSync(join(folder, 'report.zip'), 'latin1')).toContain(shardEntry(RUN));
  });

  it.each([
    ['a blob that never came', null],
    ['one that is no zip file', 'text'],
  ])('says so about %s, and loses nothing else', (_, content) => {
    const delivery = begin({});
    if (content !== null) writeFileSync(join(folder, 'report.zip'), content);
    const sentences = [...(delivery?.deliver(data) ?? []), delivery?.end() ?? ''].join('');
    expect(sentences).toContain('a merge will not know');
    expect(sentences).toContain(join(folder, 'report.zip'));
  });

  it('says so when the blob cannot say which run it is of', () => {
    const delivery = begin(Object.freeze({}));
    writeFileSync(join(folder, 'report.zip'), EMPTY);
    expect(delivery?.deliver(data)[0]).toMatch(/could not be added to the blob.*config\.metadata.*frozen/);
  });
});
