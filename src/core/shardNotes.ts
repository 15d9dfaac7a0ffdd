import { appendTo, groupBy } from './groupBy.ts';
import type { Shard } from './joinShards.ts';
import type { ShardMark } from './shard.ts';
import { capital, listNames, plural } from './wording.ts';

/** What is to be said of the blobs of a merge. */
export interface ShardNotes {
  /** Sentences, with the remedy. */
  readonly notes: readonly string[];
  /** What keeps the merge from knowing all, in a few words each. */
  readonly gaps: readonly string[];
}

/** `shard 2 of 3`; `the run` for one that was not sharded. */
export function nameOfShard(mark: ShardMark | null): string {
  if (mark === null) return 'a blob without leak data';
  return mark.shard === null ? 'the run' : `shard ${String(mark.shard.current)} of ${String(mark.shard.total)}`;
}

/** Finds what is missing, there twice, or without its leak data. */
export function noteShards(shards: readonly Shard[]): ShardNotes {
  const told = [unmarked(shards), unread(shards), missing(shards)];
  return {
    notes: [...told.flatMap(({ notes }) => notes), ...twice(shards), ...environments(shards)],
    gaps: told.flatMap(({ gaps }) => gaps),
  };
}

function unmarked(shards: readonly Shard[]): ShardNotes {
  const tests = shards.reduce((sum, { mark, part }) => sum + (mark === null ? part.tests.length : 0), 0);
  if (!shards.some(({ mark }) => mark === null)) return { notes: [], gaps: [] };
  const results = plural(tests, 'result');
  return {
    notes: [
      `${results} ${tests === 1 ? 'comes' : 'come'} from blobs without leak data: what hooks closed or left behind there is not known. ` +
        'Run every shard with --reporter=blob,leak.',
    ],
    gaps: [`${results} from blobs without leak data`],
  };
}

function unread(shards: readonly Shard[]): ShardNotes {
  const found = shards.filter(({ mark, own }) => mark !== null && own === null);
  return {
    notes: found.map(
      ({ mark, problem }) =>
        `${capital(nameOfShard(mark))} is judged by its tests' records alone, without what hooks and workers closed or left behind: ${problem ?? ''}.`,
    ),
    gaps: found.map(({ mark }) => `${nameOfShard(mark)} without its leak data`),
  };
}

function isSharded(mark: ShardMark | null): mark is ShardMark {
  return mark !== null && mark.shard !== null;
}

function missing(shards: readonly Shard[]): ShardNotes {
  const sharded = shards.flatMap(({ mark }) => (isSharded(mark) ? [mark] : []));
  const groups = groupBy(sharded, ({ group, shard }) => JSON.stringify([group, shard?.total]));
  const names = [...groups.values()].flatMap((marks) => {
    const [first] = marks;
    if (first === undefined) return [];
    const here = new Set(marks.map(({ shard }) => shard?.current));
    const total = first.shard?.total ?? 0;
    const all = Array.from({ length: total }, (_, index) => index + 1);
    return all.filter((current) => !here.has(current)).map((current) => nameOfShard({ ...first, shard: { current, total } }));
  });
  if (names.length === 0) return { notes: [], gaps: [] };
  const [verb, them] = names.length === 1 ? ['is', 'it'] : ['are', 'them'];
  const why = shards.some(({ mark }) => mark === null)
    ? `there is no blob of ${them} here, or one made without the leak reporter`
    : `there is no blob of ${them} here, so nothing is known of ${names.length === 1 ? 'its' : 'their'} tests. If ${names.length === 1 ? 'it was' : 'they were'} killed, run ${them} again; then merge all blobs`;
  return {
    notes: [`${capital(listNames(names))} ${verb} missing: ${why}.`],
    gaps: names.length > 3 ? [`${String(names.length)} shards missing`] : names.map((name) => `${name} missing`),
  };
}

function twice(shards: readonly Shard[]): string[] {
  const copied = shards.filter(({ copies }) => copies > 1);
  const notes = copied.map(({ mark }) => `The blob of ${nameOfShard(mark)} is here more than once, under different names: it counts once.`);
  const sharded = shards.filter(({ mark }) => isSharded(mark));
  const groups = groupBy(sharded, ({ mark }) => JSON.stringify([mark?.group, mark?.shard]));
  for (const [first, ...others] of groups.values()) {
    if (first === undefined) continue;
    const ids = new Set(first.part.tests.map(({ id }) => id));
    const same = others.filter(({ part }) => part.tests.some(({ id }) => ids.has(id)));
    if (same.length === 0) continue;
    const times = String(same.length + 1);
    notes.push(
      `There are ${times} blobs of ${nameOfShard(first.mark)}, from different runs of the same tests, and all of them count. ` +
        'If one is of an earlier attempt, delete it and merge again; if two machines got the same --shard, correct that.',
    );
  }
  return notes;
}

function environments(shards: readonly Shard[]): string[] {
  const machines = new Map<string, string[]>();
  for (const { mark, own } of shards) {
    if (own === null) continue;
    const name = `Node ${own.environment.node} on ${own.environment.platform}, Playwright ${own.environment.playwright}`;
    appendTo(machines, name, nameOfShard(mark));
  }
  if (machines.size < 2) return [];
  const list = [...machines].map(([machine, names]) => `${machine} (${listNames(names)})`);
  return [`The shards ran in different environments: ${list.join('; ')}.`];
}
