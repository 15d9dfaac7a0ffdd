import { display } from './json.ts';
import type { MetricRule } from './metric.ts';
import { expectAmount, expectOneOf, expectRecord } from './optionValue.ts';

/** When a stability scenario holds. Every limit is inclusive: what equals it still holds. `Infinity` is no limit. */
export interface Criteria {
  /** Descriptors, processes, … that may survive the run after the warm-up when their number keeps growing. */
  readonly fdGrowth: number;
  /** Of processes; and of browsers, whose processes are not counted a second time. */
  readonly processGrowth: number;
  /** Of handles; and of Playwright's API request contexts, whose handles are not counted a second time. */
  readonly handleGrowth: number;
  readonly contextGrowth: number;
  readonly pageGrowth: number;
  readonly domNodeGrowth: number;
  readonly documentGrowth: number;
  readonly listenerGrowth: number;
  /** Ended children that nobody waited for, at the end. */
  readonly zombies: number;
  /** Unhandled rejections and uncaught exceptions during the run. */
  readonly unhandledErrors: number;
  /** Share of the iterations measured that may throw, 0 to 1. */
  readonly errorRate: number;
  /** Share by which heap and RSS may keep growing over the run, 0.1 is 10 %. */
  readonly memoryGrowth: number;
  /** Bytes of live heap (worker or page) that one iteration may leave behind. */
  readonly bytesPerIteration: number;
  /** Bytes of resident memory that one iteration may leave behind; coarser, for its noise is. */
  readonly rssBytesPerIteration: number;
  /** Share by which the p95 of the last tenth of the run may exceed that of the first tenth. Gates only with `gateOn: ['p95']`. */
  readonly p95Degradation: number;
  /** Descriptors above the start, at every 100 iterations and at the end, whatever the shape; what was merely replaced is not above it. */
  readonly fdsAboveStart: number;
  readonly fdsAboveStartAtEnd: number;
  /** Pages, contexts and browsers above the start, each, like `fdsAboveStart`: a page takes some 20 MB, so a run stops at the next reading. */
  readonly pagesAboveStart: number;
  /** What is reported but does not gate unless it is named here. */
  readonly gateOn: readonly OptionalGate[];
}

/** A criterion too noisy to gate by default. */
export type OptionalGate = 'p95';

export const DEFAULT_CRITERIA: Criteria = {
  fdGrowth: 0,
  processGrowth: 0,
  handleGrowth: 0,
  contextGrowth: 0,
  pageGrowth: 0,
  domNodeGrowth: 0,
  documentGrowth: 0,
  listenerGrowth: 0,
  zombies: 0,
  unhandledErrors: 0,
  errorRate: 0.01,
  memoryGrowth: 0.1,
  bytesPerIteration: 512,
  rssBytesPerIteration: 8192,
  p95Degradation: 0.1,
  fdsAboveStart: 50,
  fdsAboveStartAtEnd: 10,
  pagesAboveStart: 50,
  gateOn: [],
};

/** Names of the criteria that are a limit, in the order of {@link Criteria}. */
export const LIMITS = Object.keys(DEFAULT_CRITERIA).filter((name) => name !== 'gateOn') as readonly Limit[];

export type Limit = Exclude<keyof Criteria, 'gateOn'>;

const UNITS: Partial<Record<Limit, string>> = {
  errorRate: 'iterations, as a share',
  memoryGrowth: 'growth, as a share (0.1 is 10 %)',
  bytesPerIteration: 'bytes per iteration',
  rssBytesPerIteration: 'bytes per iteration',
  p95Degradation: 'growth, as a share (0.1 is 10 %)',
};

/**
 * Checks the criteria of a scenario as they came from its options, and fills in the defaults.
 *
 * @param name How the option is called in messages.
 * @throws TypeError or RangeError that names the option, what was expected and what came
 * @example parseCriteria({ fdGrowth: 2 }, 'criteria').fdGrowth // 2
 */
export function parseCriteria(value: unknown, name: string): Criteria {
  if (value === undefined) return DEFAULT_CRITERIA;
  const given = expectRecord(value, name, Object.keys(DEFAULT_CRITERIA));
  const limits = LIMITS.filter((limit) => given[limit] !== undefined).map((limit) => {
    const most = limit === 'errorRate' ? 1 : Infinity;
    return [limit, expectAmount(given[limit], `${name}.${limit}`, most, UNITS[limit] ?? 'resources')] as const;
  });
  return { ...DEFAULT_CRITERIA, ...Object.fromEntries(limits), gateOn: parseGateOn(given['gateOn'], `${name}.gateOn`) };
}

function parseGateOn(value: unknown, name: string): readonly OptionalGate[] {
  if (value === undefined) return DEFAULT_CRITERIA.gateOn;
  if (!Array.isArray(value)) throw new TypeError(`${name}: expected an array such as ['p95'], got ${display(value)}`);
  return value.map((gate, index) => expectOneOf(gate, `${name}[${String(index)}]`, ['p95']));
}

const COUNTS: Readonly<Record<string, Limit>> = {
  fds: 'fdGrowth',
  processes: 'processGrowth',
  browsers: 'processGrowth',
  handles: 'handleGrowth',
  requests: 'handleGrowth',
  contexts: 'contextGrowth',
  pages: 'pageGrowth',
  domNodes: 'domNodeGrowth',
  documents: 'documentGrowth',
  listeners: 'listenerGrowth',
};

/**
 * The rule for a metric by its name. What stands before a dot names whose it is (`shop.html.domNodes`, `page2.heapBytes`) and does not
 * matter; names that end in `Bytes` are bytes, resident ones if they end in `rssBytes`.
 *
 * @returns `undefined` for what is not judged by its growth: zombies, latencies, unknown counts, and the whole resident memory of the
 * worker, which moves by tens of megabytes as V8 sizes its heap (`nativeRssBytes`, the part outside of it, is judged).
 * @example ruleFor('fds', DEFAULT_CRITERIA) // { kind: 'count', limit: 0 }
 */
export function ruleFor(metric: string, criteria: Criteria): MetricRule | undefined {
  const name = metric.slice(metric.lastIndexOf('.') + 1);
  const limit = Object.hasOwn(COUNTS, name) ? COUNTS[name] : undefined;
  if (limit !== undefined) return { kind: 'count', limit: criteria[limit] };
  if (!/bytes$/i.test(name) || metric === 'rssBytes') return undefined;
  const bytesPerIteration = /rssbytes$/i.test(name) ? criteria.rssBytesPerIteration : criteria.bytesPerIteration;
  return { kind: 'bytes', bytesPerIteration, growth: criteria.memoryGrowth };
}
