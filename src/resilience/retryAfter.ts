/** Headers as `fetch` has them, or as undici's `request` and Node have them. */
type HeaderSource = FetchHeaders | Readonly<Record<string, unknown>>;

interface FetchHeaders {
  get(name: string): unknown;
}

/**
 * The milliseconds that a server asked to wait, read from what was thrown: its `retryAfterMs` (as {@link CircuitOpenError} has it), or the
 * header `Retry-After` in its `headers` or its `response.headers`; those of its `cause` if it has none itself.
 *
 * @param nowEpochMs The wall clock, for a header that names a date while the response has no `Date` of its own.
 * @returns `undefined` where nothing was asked, or nothing that makes sense or can be read.
 */
export function retryAfterOf(error: unknown, nowEpochMs: number): number | undefined {
  try {
    return readRetryAfter(error, nowEpochMs);
  } catch {
    // Getters and `get` may throw: the error at hand matters more than theirs.
    return undefined;
  }
}

function readRetryAfter(error: unknown, nowEpochMs: number): number | undefined {
  // A chain of causes may be a ring.
  const seen = new Set<unknown>();
  for (let current = error; isRecord(current) && !seen.has(current); current = current['cause']) {
    seen.add(current);
    const asked = current['retryAfterMs'];
    if (typeof asked === 'number' && asked >= 0) return asked;
    const { response } = current;
    for (const headers of [current['headers'], isRecord(response) ? response['headers'] : undefined]) {
      if (!isRecord(headers)) continue;
      const delayMs = parseRetryAfter(header(headers, 'retry-after'), parseDate(header(headers, 'date')) ?? nowEpochMs);
      if (delayMs !== undefined) return delayMs;
    }
  }
  return undefined;
}

/**
 * The value of a `Retry-After` header in milliseconds: whole seconds, or a date (RFC 9110, section 10.2.3). A date that has passed is 0.
 *
 * @example
 * parseRetryAfter('120', Date.now()); // 120000
 */
export function parseRetryAfter(value: string | undefined, nowEpochMs: number): number | undefined {
  const text = value?.trim();
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const date = parseDate(text);
  return date === undefined ? undefined : Math.max(0, date - nowEpochMs);
}

/** The preferred form of a date in HTTP ("Sun, 06 Nov 1994 08:49:37 GMT") and the two obsolete ones begin with a day's name. */
const DAY_NAME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;
/** The obsolete form of C's `asctime` ("Sun Nov  6 08:49:37 1994") names no zone: it is GMT like the others (RFC 9110, section 5.6.7). */
const ASCTIME = /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

function parseDate(text: string | undefined): number | undefined {
  // `Date.parse` makes a date of "-5" and "1.5" too.
  if (text === undefined || !DAY_NAME.test(text)) return undefined;
  const epochMs = Date.parse(ASCTIME.test(text) ? `${text} GMT` : text);
  return Number.isNaN(epochMs) ? undefined : epochMs;
}

function header(headers: HeaderSource, name: string): string | undefined {
  // By what it can, not by its class: undici's `Headers` and node-fetch's are not the global one.
  const found = isHeaders(headers) ? headers.get(name) : Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  const first: unknown = Array.isArray(found) ? found[0] : found;
  return typeof first === 'string' || typeof first === 'number' ? String(first) : undefined;
}

function isHeaders(headers: HeaderSource): headers is FetchHeaders {
  return typeof headers.get === 'function';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
