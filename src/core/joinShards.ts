import { largestCounts, type NamedBaseline } from './baseline.ts';
import { smallestLimits, type Limits } from './budgets.ts';
import { joinParts, type Outcomes, type RunFacts } from './buildReport.ts';
import { leakKey, type Finding } from './finding.ts';
import { defaultFailOn, type FailOn } from './gate.ts';
import { appendTo } from './groupBy.ts';
import type { LeakReport, ReportEnvironment, ReportTest, ReportWorker } from './report.ts';
import { joinUses } from './ruleUse.ts';
import { partialBecause, type Selection } from './runCoverage.ts';
import type { RunPart } from './runPart.ts';
import type { ShardMark, ShardSettings } from './shard.ts';
import { nameOfShard, noteShards } from './shardNotes.ts';
import { capital, listNames } from './wording.ts';

/** One blob of a merge. */
export interface Shard {
  /** `null`: no leak reporter took part in the run it comes from. */
  readonly mark: ShardMark | null;
  /** What its own reporter knew; `null`: nothing of that came along, and `part` is what the tests' records tell. */
  readonly own: { readonly settings: ShardSettings; readonly environment: Omit<ReportEnvironment, 'detectors'> } | null;
  readonly part: RunPart;
  /** What its processes were asked to run; `undefined` where that is not known. */
  readonly selections: readonly (Selection | undefined)[];
  readonly outcomes: Omit<Outcomes, 'errors'>;
  /** Why `own` is `null`: half a sentence. */
  readonly problem: string | null;
  /** How often the very same blob is there. */
  readonly copies: number;
}

/** What the merge itself knows. */
export interface MergeFacts {
  /** `null`: nobody said; then the shards decide. */
  readonly failOn: FailOn | null;
  /** `undefined`: nobody said; `null`: none. */
  readonly baseline: NamedBaseline | null | undefined;
  /** Beside those of the shards. */
  readonly budgets: Limits;
  /** Of the merging machine: holds where no shard says its own. */
  readonly environment: Omit<ReportEnvironment, 'detectors'>;
  readonly run: Omit<RunFacts['run'], 'partial'>;
  readonly errors: number;
  /** Tests without any result. */
  readonly notRun: number;
  readonly notes: readonly string[];
}

/** Strictest first. */
const STRICTNESS: readonly FailOn[] = ['inconclusive', 'leak', 'new', 'never'];

/** Joins shards, in Playwright's order, into the report that one run of the whole suite would have given. Linear in results and findings. */
export function joinShards(shards: readonly Shard[], merge: MergeFacts): LeakReport {
  const { notes, gaps } = noteShards(shards);
  const { failOn, disagreement } = chooseFailOn(shards, merge);
  const parts = shards.flatMap(({ selections }) => selections);
  return joinParts(renumber(shards), {
    failOn,
    baseline: merge.baseline === undefined ? joinBaselines(shards) : merge.baseline,
    budgets: smallestLimits([merge.budgets, ...shards.flatMap(({ own }) => own?.settings.budgets ?? [])]),
    environment: joinEnvironments(shards, merge.environment),
    run: { ...merge.run, partial: partialBecause({ status: merge.run.status, notRun: merge.notRun, parts }) },
    outcomes: { ...sumOutcomes(shards), errors: merge.errors },
    notes: [...merge.notes, ...notes, ...disagreement, ...joinNotes(shards)],
    gaps,
  });
}

/**
 * Numbers workers through, shard by shard, as Playwright does when it merges, and gives tests that two shards have identifiers of their own.
 * What the runs as such left behind, worker -1, is one: one run would have it once.
 */
function renumber(shards: readonly Shard[]): RunPart[] {
  const seen = new Map<string, number>();
  const runs: ReportWorker[] = [];
  let base = 0;
  const parts = shards.map(({ part, own }): RunPart => {
    const ran = part.tests.filter(({ workerIndex, status }) => workerIndex >= 0 && status !== 'skipped');
    const last = Math.max(greatest(ran), greatest(part.workers));
    // Playwright has numbered through what comes from its events (since 1.59), and not what comes from the shards themselves.
    const isThrough = own === null && last >= base;
    const shift = isThrough ? 0 : base;
    const least = isThrough ? base : 0;
    base = last + shift + 1;
    const move = <T extends { readonly workerIndex: number }>(owner: T): T => {
      const workerIndex = owner.workerIndex < least ? -1 : owner.workerIndex + shift;
      return workerIndex === owner.workerIndex ? owner : { ...owner, workerIndex };
    };
    const ids = newIds(part.tests, seen);
    runs.push(...part.workers.filter(({ workerIndex, findings }) => workerIndex < 0 && findings.length > 0));
    return {
      ...part,
      tests: part.tests.map((test) => move(ids.size === 0 ? test : { ...test, id: ids.get(test.id) ?? test.id })),
      workers: part.workers.filter(({ workerIndex }) => workerIndex >= least).map(move),
      scenarios: part.scenarios.map((scenario) => ({ ...scenario, testId: ids.get(scenario.testId) ?? scenario.testId })),
      notes: [],
    };
  });
  const [run] = runs;
  if (run === undefined) return parts;
  const findings = distinct(runs.flatMap((worker) => worker.findings));
  const ofRun = {
    tests: [],
    workers: [{ ...run, findings }],
    scenarios: [],
    detectors: [],
    outsideView: false,
    rules: joinUses([]),
    notes: [],
  };
  return [ofRun, ...parts];
}

function greatest(owners: readonly { readonly workerIndex: number }[]): number {
  return owners.reduce((most, { workerIndex }) => Math.max(most, workerIndex), 0);
}

/** Identifiers for tests that a shard before has too. The attempts of one test keep one. */
function newIds(tests: readonly ReportTest[], seen: Map<string, number>): Map<string, string> {
  const renamed = new Map<string, string>();
  for (const id of new Set(tests.map((test) => test.id))) {
    const times = (seen.get(id) ?? 0) + 1;
    seen.set(id, times);
    if (times > 1) renamed.set(id, `${id}-${String(times)}`);
  }
  return renamed;
}

function distinct(findings: readonly Finding[]): Finding[] {
  const first = new Map<string, Finding>();
  for (const finding of findings) {
    const key = leakKey(finding);
    if (!first.has(key)) first.set(key, finding);
  }
  return [...first.values()];
}

/** What a shard was asked for holds. What is only its default gives way to that of the merge's baseline, if that has its own. */
function chooseFailOn(shards: readonly Shard[], { failOn: chosen, baseline }: MergeFacts): { failOn: FailOn; disagreement: string[] } {
  if (chosen !== null) return { failOn: chosen, disagreement: [] };
  const byDefault = baseline === undefined ? undefined : defaultFailOn(baseline);
  const wanted = new Map<FailOn, string[]>();
  for (const { mark, own } of shards) {
    if (own === null) continue;
    const { failOn, failOnByDefault } = own.settings;
    appendTo(wanted, failOnByDefault === true ? (byDefault ?? failOn) : failOn, nameOfShard(mark));
  }
  const failOn = STRICTNESS.find((choice) => wanted.has(choice)) ?? byDefault ?? 'leak';
  if (wanted.size < 2) return { failOn, disagreement: [] };
  const list = [...wanted].map(([choice, names]) => `'${choice}' in ${listNames(names)}`).join('; ');
  return {
    failOn,
    disagreement: [`The shards disagree on failOn: ${list}. The strictest holds; PLAYWRIGHT_LEAK_FAIL_ON decides it here.`],
  };
}

/** As a rule they all had the same file. */
function joinBaselines(shards: readonly Shard[]): NamedBaseline | null {
  const baselines = shards.flatMap(({ own }) => own?.settings.baseline ?? []);
  const [first] = baselines;
  if (first === undefined) return null;
  const leaks = largestCounts(baselines.flatMap((baseline) => [...baseline.leaks.values()]));
  return { name: first.name, leaks, budgets: smallestLimits(baselines.map(({ budgets }) => budgets)) };
}

function joinEnvironments(shards: readonly Shard[], fallback: MergeFacts['environment']): MergeFacts['environment'] {
  const known = shards.flatMap(({ own }) => own?.environment ?? []);
  const join = (name: keyof MergeFacts['environment']): string =>
    known.length === 0 ? fallback[name] : [...new Set(known.map((environment) => environment[name]))].join(', ');
  return { node: join('node'), playwright: join('playwright'), platform: join('platform') };
}

function sumOutcomes(shards: readonly Shard[]): Omit<Outcomes, 'errors'> {
  const sum = (name: keyof Omit<Outcomes, 'errors'>): number => shards.reduce((total, { outcomes }) => total + outcomes[name], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped'), flaky: sum('flaky') };
}

/** What all shards say is true of the run; what only some say is said with their names. */
function joinNotes(shards: readonly Shard[]): string[] {
  const sayers = new Map<string, string[]>();
  for (const { mark, part } of shards) {
    for (const note of new Set(part.notes)) appendTo(sayers, note, nameOfShard(mark));
  }
  return [...sayers].map(([note, names]) => (names.length === shards.length ? note : `${capital(listNames(names))}: ${note}`));
}
