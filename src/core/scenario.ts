import { formatAmount } from './amount.ts';
import type { Criteria, Limit } from './criteria.ts';
import type { Finding, Verdict } from './finding.ts';
import type { MetricKind, MetricVerdict } from './metric.ts';
import type { Shape } from './shape.ts';

/** All metrics at one moment of the run. `null`: it could not be read there. */
export interface SeriesPoint {
  /** Iterations done. */
  readonly iteration: number;
  readonly [metric: string]: number | null;
}

/** Iterations that threw, the warm-up left out. */
export interface ScenarioErrors {
  readonly count: number;
  /** Share of the iterations measured, 0 to 1. */
  readonly rate: number;
  /** Unhandled rejections and uncaught exceptions, which belong to no iteration. */
  readonly unhandled: number;
  /** The first few different messages, redacted. */
  readonly messages: readonly string[];
}

export interface ScenarioLatency {
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** p95 of the last tenth of the run against that of the first tenth: 0.1 is 10 % slower. `null`: too few iterations. */
  readonly degradation: number | null;
}

/** How one criterion came out. `held: null`: it could not be measured. */
export interface CriterionOutcome {
  readonly name: string;
  /** `null`: no limit was set. */
  readonly limit: number | null;
  readonly actual: number | null;
  readonly held: boolean | null;
  /** Whether it fails the scenario when it does not hold. */
  readonly gates: boolean;
}

/** What was measured of a scenario; the rest of {@link Scenario} is concluded from it. */
export interface ScenarioMeasurements {
  readonly metrics: readonly MetricVerdict[];
  readonly series: readonly SeriesPoint[];
  /** After which iterations another process went on: what one has open ends with it. None unless it was resumed. */
  readonly joins?: readonly number[];
  readonly errors: ScenarioErrors;
  readonly latency: ScenarioLatency | null;
  /** `null`: could not be counted here. */
  readonly zombies: number | null;
  /** Why the run ended before a verdict was possible: a time-out, a signal, too few iterations. `null`: it did not. */
  readonly cutShort: string | null;
  /** Whether it ended because its iterations failed, one after the other. */
  readonly givenUp: boolean;
  /** Whether the last point is the end, with all iterations over: only then are the descriptors of the end compared with the start. */
  readonly settled: boolean;
}

export interface ScenarioJudgement {
  /**
   * `leak`: a metric leaks, or descriptors or zombies exceed their limits. `inconclusive`: a metric could not be judged, the run was cut
   * short, or so many iterations failed that the others prove little.
   */
  readonly verdict: Verdict;
  /** Shape of the metric that matters most. */
  readonly shape: Shape;
  /** A leak, a gating criterion that does not hold, or a run that was given up: `leak.stability` throws, the reporter gates. */
  readonly failed: boolean;
  readonly outcomes: readonly CriterionOutcome[];
  /** Sentences, the most important one first: why this is the verdict. Empty for a `pass` without remarks. */
  readonly reasons: readonly string[];
}

/** A stability scenario, as it travels from the worker to `report.json`. */
export interface Scenario extends ScenarioJudgement {
  readonly name: string;
  /** Playwright's id of its test; empty in a record, for the record belongs to its test. */
  readonly testId: string;
  /** Iterations that were measured, warm-up not included. */
  readonly iterations: number;
  readonly warmUp: number;
  readonly metrics: readonly MetricVerdict[];
  readonly series: readonly SeriesPoint[];
  readonly errors: ScenarioErrors;
  readonly latency: ScenarioLatency | null;
  readonly criteria: Criteria;
  /** What survived, with the lines that opened it. Explains the metrics; not counted among the run's findings. */
  readonly findings: readonly Finding[];
  /** Sentences: what could not be measured or was lost. */
  readonly notes: readonly string[];
}

const SEVERITY: Readonly<Record<Verdict, number>> = { leak: 2, inconclusive: 1, pass: 0 };

/** Shapes from harmless to alarming: of two metrics with the same verdict, the one further on is shown. */
const ALARM: readonly Shape[] = ['flat', 'noise', 'plateau', 'step', 'linear'];

/**
 * Concludes the scenario's verdict from its metrics and criteria. Metrics are judged already, each by its own rule; here the limits that
 * hold whatever the shape are added: descriptors above the start, zombies, errors, and latency where it is asked to gate.
 */
export function judgeScenario(measured: ScenarioMeasurements, criteria: Criteria): ScenarioJudgement {
  const outcomes = outcomesOf(measured, criteria);
  const broken = outcomes.filter((outcome) => outcome.held === false && outcome.gates);
  const worst = [...measured.metrics].sort(bySeverity);
  const unsure = measured.cutShort !== null || broken.length > 0;
  const verdict: Verdict =
    worst[0]?.verdict === 'leak' || broken.some(({ name }) => RESOURCE_LIMITS.has(name))
      ? 'leak'
      : worst[0]?.verdict === 'inconclusive' || unsure || worst.length === 0
        ? 'inconclusive'
        : 'pass';
  return {
    verdict,
    shape: worst[0]?.shape ?? 'flat',
    failed: verdict === 'leak' || broken.length > 0 || measured.givenUp,
    outcomes,
    reasons: [
      ...worst.filter((metric) => metric.verdict === 'leak').map((metric) => metric.reason),
      ...broken.map(describeOutcome),
      ...(measured.cutShort === null ? [] : [measured.cutShort]),
      ...worst.filter((metric) => metric.verdict === 'inconclusive').map((metric) => metric.reason),
      ...(worst.length === 0 ? ['nothing could be measured'] : []),
    ],
  };
}

/** What a gate says of a scenario that failed: `scenario drawer leaks: heapBytes +1.2 kB per iteration`. */
export function describeFailure(scenario: Scenario): string {
  const leaking = scenario.metrics.find((metric) => metric.verdict === 'leak');
  if (leaking?.slopePerIteration !== undefined && leaking.slopePerIteration !== null) {
    return `scenario ${scenario.name} leaks: ${leaking.name} ${formatAmount(leaking.slopePerIteration, leaking.kind, true)} per iteration`;
  }
  const reason = scenario.reasons[0] ?? 'a criterion does not hold';
  return `scenario ${scenario.name} ${scenario.verdict === 'leak' ? 'leaks' : 'failed'}: ${reason}`;
}

/** Criteria that are leaks when they are broken, not only failures. */
const RESOURCE_LIMITS: ReadonlySet<string> = new Set(['fdsAboveStart', 'fdsAboveStartAtEnd', 'pagesAboveStart', 'zombies']);

/** Iterations between the points at which what is open is compared with the start. */
const CHECK_EVERY = 100;

function outcomesOf(
  { series, joins = [], errors, latency, zombies, settled }: ScenarioMeasurements,
  criteria: Criteria,
): CriterionOutcome[] {
  const outcome = (name: Limit, actual: number | null, gates = true): CriterionOutcome => ({
    name,
    limit: Number.isFinite(criteria[name]) ? criteria[name] : null,
    actual,
    held: actual === null ? null : actual <= criteria[name],
    gates,
  });
  const parts = processes(series, joins);
  const most = mostAboveStart(parts, ['fds']);
  const { atEnd } = aboveStart(parts.at(-1) ?? [], 'fds');
  return [
    outcome('fdsAboveStart', most),
    outcome('fdsAboveStartAtEnd', settled ? atEnd : null),
    outcome('pagesAboveStart', mostAboveStart(parts, PAGES)),
    outcome('zombies', zombies),
    outcome('unhandledErrors', errors.unhandled),
    outcome('errorRate', errors.rate),
    outcome('p95Degradation', latency?.degradation ?? null, criteria.gateOn.includes('p95')),
  ];
}

/** A count above its first reading: the most at the readings nearest after every 100 iterations, and at the last one. */
function aboveStart(series: readonly SeriesPoint[], metric: string): { most: number | null; atEnd: number | null } {
  const readings = series.flatMap(({ iteration, [metric]: count }) =>
    count === null || count === undefined ? [] : [{ iteration, count }],
  );
  const start = readings[0];
  const end = readings.at(-1);
  if (start === undefined || end === undefined || readings.length < 2) return { most: null, atEnd: null };
  let most = 0;
  let due = start.iteration + CHECK_EVERY;
  for (const { iteration, count } of readings) {
    if (iteration < due && iteration !== end.iteration) continue;
    most = Math.max(most, count - start.count);
    due = iteration + CHECK_EVERY;
  }
  return { most, atEnd: Math.max(0, end.count - start.count) };
}

const PAGES = ['pages', 'contexts', 'browsers'];

/** The most above its start that any of these metrics was in any of these processes; `null` where none is measured. */
function mostAboveStart(parts: readonly (readonly SeriesPoint[])[], metrics: readonly string[]): number | null {
  const counts = parts.flatMap((part) => metrics.flatMap((metric) => aboveStart(part, metric).most ?? []));
  return counts.length === 0 ? null : Math.max(...counts);
}

/** The series of each process: where one ends, the next begins, with the same readings. */
function processes(series: readonly SeriesPoint[], joins: readonly number[]): SeriesPoint[][] {
  const bounds = [-Infinity, ...joins, Infinity];
  return bounds.slice(1).map((end, index) => series.filter(({ iteration }) => iteration >= (bounds[index] ?? end) && iteration <= end));
}

/** Whether descriptors have exceeded their limit already: no further iteration would mend that, so that a run need not go on. */
export function hasTooManyFds(series: readonly SeriesPoint[], criteria: Criteria): boolean {
  return (mostAboveStart([series], ['fds']) ?? 0) > criteria.fdsAboveStart;
}

/** The same of pages, contexts and browsers; with them a run must not go on, or the machine runs out of memory. */
export function hasTooManyPages(series: readonly SeriesPoint[], criteria: Criteria): boolean {
  return (mostAboveStart([series], PAGES) ?? 0) > criteria.pagesAboveStart;
}

const OUTCOME_TEXT: Readonly<Record<string, readonly [what: string, kind: MetricKind]>> = {
  fdsAboveStart: ['descriptors were open above the start', 'count'],
  fdsAboveStartAtEnd: ['descriptors were open above the start when it ended', 'count'],
  pagesAboveStart: ['pages, contexts or browsers were open above the start', 'count'],
  zombies: ['zombies were left', 'count'],
  unhandledErrors: ['errors were not handled', 'count'],
  errorRate: ['of the iterations failed', 'ratio'],
  p95Degradation: ['was added to the p95 over the run', 'ratio'],
};

function describeOutcome({ name, limit, actual }: CriterionOutcome): string {
  const [what, kind] = OUTCOME_TEXT[name] ?? [name, 'count'];
  return `${formatAmount(actual ?? 0, kind)} ${what} (limit ${formatAmount(limit ?? Infinity, kind)})`;
}

function bySeverity(a: MetricVerdict, b: MetricVerdict): number {
  return SEVERITY[b.verdict] - SEVERITY[a.verdict] || ALARM.indexOf(b.shape) - ALARM.indexOf(a.shape);
}
