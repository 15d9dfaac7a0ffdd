import type { Finding, FindingKind, Scope, Severity, Status } from './finding.ts';
import type { Evidence, Json } from './resource.ts';
import type { Location } from './stack.ts';

const KINDS: ReadonlySet<string> = new Set(['fd', 'process', 'handle', 'heap', 'browser', 'context', 'page', 'request', 'object']);
const SCOPES: ReadonlySet<string> = new Set(['test', 'hook', 'worker', 'run']);
const STATUSES: ReadonlySet<string> = new Set(['new', 'known', 'allowed']);

/** An object whose fields are not known yet. Arrays and `null` are none. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A finite number, or `null` for anything else. */
export function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A text, or the fallback for anything else. */
export function text(value: unknown, fallback = ''): string {
  return typeof value === 'string' ? value : fallback;
}

/** The texts of a list; whatever is no text is left out, whatever is no list is empty. */
export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/**
 * Reads one finding from unknown data. What identifies it (kind, severity, fingerprint, summary) must be there; the rest falls back to
 * the weakest true statement (no origin, no stack, one of it). `null`: this is no finding.
 */
export function parseFinding(value: unknown): Finding | null {
  if (!isFields(value)) return null;
  const { kind, severity, status, scope } = value;
  if (!isKind(kind) || !isSeverity(severity)) return null;
  if (typeof value['fingerprint'] !== 'string' || typeof value['summary'] !== 'string') return null;
  const count = finite(value['count']);
  return {
    kind,
    severity,
    status: isStatus(status) ? status : 'new',
    fingerprint: value['fingerprint'],
    summary: value['summary'],
    hint: text(value['hint']),
    count: count === null ? 1 : Math.max(1, Math.trunc(count)),
    bytes: finite(value['bytes']),
    scope: isScope(scope) ? scope : 'test',
    origin: parseLocation(value['origin']),
    stack: texts(value['stack']),
    evidence: isFields(value['evidence']) ? (value['evidence'] as Evidence) : {},
  };
}

function parseLocation(value: unknown): Location | null {
  if (!isFields(value) || typeof value['file'] !== 'string') return null;
  const line = finite(value['line']);
  if (line === null || line < 1) return null;
  return { file: value['file'], line: Math.trunc(line), column: Math.max(1, Math.trunc(finite(value['column']) ?? 1)) };
}

function isKind(value: unknown): value is FindingKind {
  return typeof value === 'string' && KINDS.has(value);
}

function isSeverity(value: unknown): value is Severity {
  return value === 'leak' || value === 'late';
}

function isStatus(value: unknown): value is Status {
  return typeof value === 'string' && STATUSES.has(value);
}

function isScope(value: unknown): value is Scope {
  return typeof value === 'string' && SCOPES.has(value);
}

/** Parsed JSON is JSON: the one place where that is said. `undefined`: the text is none. */
export function parseJson(source: string): Json | undefined {
  try {
    return JSON.parse(source) as Json;
  } catch {
    return undefined;
  }
}
