import { advise, adviseLate, summarize } from './advice.ts';
import { fingerprint } from './fingerprint.ts';
import type { Finding, Scope, Severity } from './finding.ts';
import type { FoldedResource } from './fold.ts';
import type { Evidence, Json, Resource } from './resource.ts';
import { phaseOf } from './phase.ts';
import { othersOf, withOther } from './otherSummaries.ts';
import { redactText } from './redact.ts';
import { formatFrame, isPlaywrightFrame, isRuntimeFrame, originOf, type Location } from './stack.ts';

/** What must be known about the surroundings to name a leak: where the root is, which test it was, what a source line says. */
export interface Place {
  readonly scope: Scope;
  /** The test's file and title path; `null` for what belongs to no test. */
  readonly test: { readonly file: string; readonly titlePath: readonly string[] } | null;
  /** A path relative to the Playwright root, with `/`. */
  relative(file: string): string;
  /** The text of a source line, `null` when it cannot be read. */
  sourceLine(location: Location): string | null;
}

/** A test's titles in one text, `''` for what belongs to no test. */
export function testName({ test }: Place): string {
  return test?.titlePath.join(' › ') ?? '';
}

const MAX_PARTS = 20;

/** Makes a finding of a survivor and what it brought along. `late` is the milliseconds it took to close by itself. */
export function toFinding(folded: FoldedResource, place: Place, late: number | null): Finding {
  const { root, parts } = folded;
  const origin = originOf(root.stack);
  const severity: Severity = late === null ? 'leak' : 'late';
  return {
    kind: root.kind,
    severity,
    status: 'new',
    fingerprint: fingerprintOf(root, origin, place),
    summary: redactText(late === null ? summarize(root) : `${describeBriefly(root)} closed ${String(Math.round(late))} ms after its test`),
    hint: late === null ? advise(root) : adviseLate(root.type),
    count: 1,
    bytes: null,
    scope: place.scope,
    origin,
    stack: root.stack.filter((frame) => !isRuntimeFrame(frame) && !isPlaywrightFrame(frame)).map(formatFrame),
    evidence: redactAll({
      type: root.type,
      label: root.label,
      ...root.evidence,
      openedIn: phaseOf(root.stack),
      ...(late === null ? {} : { lateMs: Math.round(late) }),
      ...partsEvidence(parts),
    }),
  };
}

/** Puts findings that are alike, of the same status and from the same place into one with their count; order of first appearance is kept. */
export function groupAlike(findings: readonly Finding[]): Finding[] {
  const groups = new Map<string, Finding>();
  for (const finding of findings) {
    const { origin, evidence } = finding;
    const key = JSON.stringify([
      finding.fingerprint,
      finding.severity,
      finding.status,
      evidence['allowedBecause'],
      evidence['allowExpired'],
      finding.scope,
      origin?.line,
      origin?.column,
      origin === null ? finding.summary : null,
    ]);
    const first = groups.get(key);
    groups.set(key, first === undefined ? finding : joined(first, finding));
  }
  return [...groups.values()];
}

function joined(first: Finding, finding: Finding): Finding {
  const others = withOther(othersOf(first), first, finding);
  const evidence = { ...joinPids(first, finding), ...(others.length === 0 ? {} : { others }) };
  return { ...first, count: first.count + finding.count, evidence };
}

/** Every process a finding stands for is named, so that nobody takes one of them for another leak. */
function joinPids({ evidence }: Finding, { evidence: { pid } }: Finding): Evidence {
  if (typeof pid !== 'number' || typeof evidence['pid'] !== 'number') return evidence;
  const pids = Array.isArray(evidence['pids']) ? (evidence['pids'] as readonly Json[]) : [evidence['pid']];
  return { ...evidence, pids: [...pids, pid] };
}

function fingerprintOf(root: Resource, origin: Location | null, place: Place): string {
  const { test } = place;
  const frame = origin === null ? undefined : root.stack.find((f) => f.file === origin.file && f.line === origin.line);
  const inTestFile = origin !== null && test !== null && origin.file === test.file;
  return fingerprint({
    kind: root.kind,
    type: root.type,
    file: origin === null ? null : place.relative(origin.file),
    place: inTestFile ? testName(place) : (frame?.function ?? null),
    source: origin === null ? null : place.sourceLine(origin),
    label: root.label,
  });
}

/** The last gate before a report: whatever a probe let through, no text of a finding carries a secret. */
function redactAll(evidence: Evidence): Evidence {
  return Object.fromEntries(Object.entries(evidence).map(([name, value]) => [name, redactJson(value)]));
}

function redactJson(value: Json): Json {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return (value as readonly Json[]).map(redactJson);
  return typeof value === 'object' && value !== null ? redactAll(value as Evidence) : value;
}

function describeBriefly(root: Resource): string {
  const text = summarize(root);
  return text.replace(/ (?:is still (?:open|pending|running)|is not disposed|cannot be collected|is a zombie)$/, '');
}

function partsEvidence(parts: readonly Resource[]): Evidence {
  if (parts.length === 0) return {};
  return {
    with: parts.slice(0, MAX_PARTS).map((part) => ({ kind: part.kind, type: part.type, label: part.label })),
    ...(parts.length > MAX_PARTS ? { withMore: parts.length - MAX_PARTS } : {}),
  };
}
