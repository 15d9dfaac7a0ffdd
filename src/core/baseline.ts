import { isFields, parseJson } from './findingCodec.ts';

/** Fingerprints of leaks that are known already. */
export type Baseline = ReadonlySet<string>;

/** A baseline that cannot be read. The message says what was expected and what came, without the file's name. */
export class BaselineError extends Error {
  override readonly name = 'BaselineError';
}

/**
 * Reads a baseline: `{"schemaVersion": 1, "findings": [{"fingerprint": "…"}]}`, or a former `report.json`, whose leaks then count as known.
 *
 * @throws BaselineError when the text is neither
 */
export function parseBaseline(source: string): Baseline {
  const value = parseJson(source);
  if (value === undefined) throw new BaselineError('expected JSON, but the text is cut off or no JSON at all');
  if (!isFields(value)) throw new BaselineError('expected an object with "schemaVersion": 1');
  if (value['schemaVersion'] !== 1) {
    throw new BaselineError(`expected "schemaVersion": 1, got ${JSON.stringify(value['schemaVersion'] ?? null)}`);
  }
  if (Array.isArray(value['findings'])) return fingerprints(value['findings']);
  if (!Array.isArray(value['tests'])) throw new BaselineError('expected "findings" (a baseline) or "tests" (a report)');
  const owners: unknown[] = [...(value['tests'] as unknown[]), ...(Array.isArray(value['workers']) ? (value['workers'] as unknown[]) : [])];
  return fingerprints(
    owners.flatMap((owner) => (isFields(owner) && Array.isArray(owner['findings']) ? (owner['findings'] as unknown[]) : [])),
  );
}

function fingerprints(findings: readonly unknown[]): Baseline {
  const known = new Set<string>();
  for (const finding of findings) {
    if (isFields(finding) && typeof finding['fingerprint'] === 'string' && finding['severity'] !== 'late')
      known.add(finding['fingerprint']);
  }
  return known;
}
