import { DEFAULT_CRITERIA, type Criteria } from './criteria.ts';
import { type Fields, finite, isFields, parseFinding, text, texts } from './findingCodec.ts';
import type { Verdict } from './finding.ts';
import type { MetricKind, MetricVerdict } from './metric.ts';
import type { CriterionOutcome, Scenario, ScenarioErrors, ScenarioLatency, SeriesPoint } from './scenario.ts';
import type { Shape } from './shape.ts';

const SHAPES: readonly Shape[] = ['flat', 'linear', 'step', 'plateau', 'noise'];
const KINDS: readonly MetricKind[] = ['count', 'bytes', 'milliseconds', 'ratio'];
const VERDICTS: readonly Verdict[] = ['pass', 'leak', 'inconclusive'];

/**
 * Reads one scenario from unknown data. Its name and its verdict must be there; the rest falls back to the weakest true statement: what
 * is no finite number was not measured. `null`: this is no scenario.
 */
export function parseScenario(value: unknown): Scenario | null {
  if (!isFields(value) || typeof value['name'] !== 'string') return null;
  const verdict = oneOf(VERDICTS, value['verdict']);
  if (verdict === undefined) return null;
  return {
    name: value['name'],
    testId: text(value['testId']),
    iterations: amount(value['iterations']),
    warmUp: amount(value['warmUp']),
    verdict,
    shape: oneOf(SHAPES, value['shape']) ?? 'noise',
    failed: typeof value['failed'] === 'boolean' ? value['failed'] : verdict === 'leak',
    metrics: list(value['metrics']).flatMap((item) => parseMetric(item) ?? []),
    series: list(value['series']).flatMap((item) => parsePoint(item) ?? []),
    errors: parseErrors(value['errors']),
    latency: parseLatency(value['latency']),
    criteria: parseCriteriaFields(value['criteria']),
    outcomes: list(value['outcomes']).flatMap((item) => parseOutcome(item) ?? []),
    reasons: texts(value['reasons']),
    findings: list(value['findings']).flatMap((item) => parseFinding(item) ?? []),
    notes: texts(value['notes']),
  };
}

function parseMetric(value: unknown): MetricVerdict | null {
  if (!isFields(value) || typeof value['name'] !== 'string') return null;
  return {
    name: value['name'],
    kind: oneOf(KINDS, value['kind']) ?? (value['name'].endsWith('Bytes') ? 'bytes' : 'count'),
    verdict: oneOf(VERDICTS, value['verdict']) ?? 'inconclusive',
    shape: oneOf(SHAPES, value['shape']) ?? 'noise',
    slopePerIteration: finite(value['slopePerIteration']),
    low: finite(value['low']),
    high: finite(value['high']),
    minimumDetectable: finite(value['minimumDetectable']),
    first: finite(value['first']),
    last: finite(value['last']),
    limit: finite(value['limit']),
    reason: text(value['reason']),
  };
}

function parsePoint(value: unknown): SeriesPoint | null {
  if (!isFields(value)) return null;
  const iteration = finite(value['iteration']);
  if (iteration === null) return null;
  return { ...Object.fromEntries(Object.entries(value).map(([name, measured]) => [name, finite(measured)])), iteration };
}

function parseErrors(value: unknown): ScenarioErrors {
  const errors = isFields(value) ? value : {};
  return {
    count: amount(errors['count']),
    rate: amount(errors['rate']),
    unhandled: amount(errors['unhandled']),
    messages: texts(errors['messages']),
  };
}

function parseLatency(value: unknown): ScenarioLatency | null {
  if (!isFields(value)) return null;
  const p50Ms = finite(value['p50Ms']);
  const p95Ms = finite(value['p95Ms']);
  return p50Ms === null || p95Ms === null ? null : { p50Ms, p95Ms, degradation: finite(value['degradation']) };
}

function parseOutcome(value: unknown): CriterionOutcome | null {
  if (!isFields(value) || typeof value['name'] !== 'string') return null;
  return {
    name: value['name'],
    limit: finite(value['limit']),
    actual: finite(value['actual']),
    held: typeof value['held'] === 'boolean' ? value['held'] : null,
    gates: value['gates'] === true,
  };
}

/** JSON has no infinity: `null` stands for a limit that was lifted, a missing one for the default. */
export function parseCriteriaFields(value: unknown): Criteria {
  const given: Fields = isFields(value) ? value : {};
  const limits = Object.entries(DEFAULT_CRITERIA).flatMap(([name]) => {
    const limit = given[name];
    if (limit === null) return [[name, Infinity] as const];
    return typeof limit === 'number' && limit >= 0 ? [[name, limit] as const] : [];
  });
  return {
    ...DEFAULT_CRITERIA,
    ...Object.fromEntries(limits),
    gateOn: texts(given['gateOn']).includes('p95') ? ['p95'] : [],
  };
}

function amount(value: unknown): number {
  return Math.max(0, finite(value) ?? 0);
}

function oneOf<T extends string>(choices: readonly T[], value: unknown): T | undefined {
  return choices.find((choice) => choice === value);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
