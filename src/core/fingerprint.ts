import { createHash } from 'node:crypto';

/** What a leak is recognized by from run to run. Nothing in it changes when lines move, ports differ or the run is sharded. */
export interface FingerprintParts {
  readonly kind: string;
  readonly type: string;
  /** File of the origin, relative to the Playwright root, with `/`; `null` without an origin. */
  readonly file: string | null;
  /** The test's title path when the origin lies in the test's own file, otherwise the function the origin lies in. */
  readonly place: string | null;
  /** The source line of the origin; `null` when it cannot be read. */
  readonly source: string | null;
  /** What the resource is called; used only where there is no origin to go by. */
  readonly label: string;
}

/** 16 hexadecimal digits: the first 64 bits of a SHA-256. Collisions would need some 4 billion leaks in one suite. */
export function fingerprint(parts: FingerprintParts): string {
  const source = parts.source?.replace(/\s+/g, ' ').trim() ?? null;
  const where = parts.file === null ? [normalizeLabel(parts.label)] : [parts.file, parts.place, source];
  return createHash('sha256')
    .update(JSON.stringify([parts.kind, parts.type, ...where]))
    .digest('hex')
    .slice(0, 16);
}

/** Takes out of a label what differs from run to run: numbers, hexadecimal identifiers, random suffixes of temporary names. */
export function normalizeLabel(label: string): string {
  return label
    .replace(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi, '*')
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{6,}\b/gi, '*')
    .replace(/(tmp|temp)([/\\][^/\\]*?)[-.][A-Za-z0-9]{6}(?=[/\\]|$)/gi, '$1$2-*')
    .replace(/\d+/g, '*');
}
