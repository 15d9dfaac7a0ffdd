import type { Place } from './assemble.ts';
import type { Finding } from './finding.ts';
import { fingerprint } from './fingerprint.ts';
import { formatFrame, isRuntimeFrame, originOf, type Frame } from './stack.ts';

/** Live memory that was added and not given back. */
export interface HeapGrowth {
  readonly bytes: number;
  /** Where most of it was allocated, by function: line and column are where the function begins. Empty when that is not known. */
  readonly stack: readonly Frame[];
  /** For growth over many tests. */
  readonly bytesPerTest?: number;
}

/** Makes a finding of growth, which has no resource to point to. */
export function heapFinding(growth: HeapGrowth, thresholdBytes: number, place: Place): Finding {
  const origin = originOf(growth.stack);
  const frame = growth.stack.find((candidate) => candidate.file === origin?.file && candidate.line === origin.line);
  const { bytesPerTest } = growth;
  const overTests = bytesPerTest === undefined ? '' : `, ${megabytes(bytesPerTest)} with each test`;
  return {
    kind: 'heap',
    severity: 'leak',
    status: 'new',
    fingerprint: fingerprint({
      kind: 'heap',
      type: bytesPerTest === undefined ? 'growth' : 'trend',
      file: origin === null ? null : place.relative(origin.file),
      place: frame?.function ?? null,
      source: origin === null ? null : place.sourceLine(origin),
      label: place.test === null ? 'worker' : [place.relative(place.test.file), ...place.test.titlePath].join(' › '),
    }),
    summary: `${megabytes(growth.bytes)} of live memory kept${overTests}`,
    hint:
      origin === null
        ? 'something that outlives the test still refers to it: a module variable, a cache, a listener; buffers count as well, and a response of `request` until its dispose()'
        : 'most of it was allocated in the function that begins here: empty what outlives the test, a module variable, a cache, a listener',
    count: 1,
    bytes: Math.round(growth.bytes),
    scope: bytesPerTest === undefined ? place.scope : 'worker',
    origin,
    stack: growth.stack.filter((candidate) => !isRuntimeFrame(candidate)).map(formatFrame),
    evidence: { thresholdBytes, ...(bytesPerTest === undefined ? {} : { bytesPerTest }) },
  };
}

/** `23.4 MB`: megabytes of a million bytes, as thresholds are given. Below a tenth of one, kilobytes. */
function megabytes(bytes: number): string {
  return bytes < 100_000 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
