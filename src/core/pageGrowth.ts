import type { Place } from './assemble.ts';
import { testName } from './assemble.ts';
import type { Finding } from './finding.ts';
import { fingerprint } from './fingerprint.ts';
import { redactText, redactUrl } from './redact.ts';
import type { Evidence } from './resource.ts';
import { formatFrame, type Frame } from './stack.ts';

/** A class of objects of which a page has more than before. */
export interface ClassGrowth {
  /** As the heap snapshot calls it: `Row`, `Detached <section>`. */
  readonly name: string;
  readonly count: number;
  /** The objects' own size, without what they refer to. */
  readonly bytes: number;
  /** What keeps one of them, nearest first: `[150] of Array`, `rows of {rows, nodes}`. */
  readonly retainers: readonly string[];
}

/** A function of the page's code, and the bytes it allocated that live. */
export interface AllocationSite {
  /** Where the function begins. */
  readonly frame: Frame;
  readonly bytes: number;
  /** The frame and its callers. */
  readonly stack: readonly Frame[];
}

/** What one page has more of than at the baseline. */
export interface PageGrowth {
  /** As in the names of its metrics. */
  readonly page: string;
  readonly url: string;
  readonly domNodes: number;
  readonly documents: number;
  readonly listeners: number;
  readonly heapBytes: number;
  readonly classes: readonly ClassGrowth[];
  readonly sites: readonly AllocationSite[];
  /** Why the classes are not known; `undefined` when they are. */
  readonly withoutClasses?: string | undefined;
}

const COUNTS = [
  ['domNodes', 'DOM nodes'],
  ['documents', 'documents'],
  ['listeners', 'event listeners'],
] as const;

/** Makes a finding of what a page kept. It has no origin: the code that did it runs in the page, and its file is a URL. */
export function pageFinding(growth: PageGrowth, place: Place): Finding {
  const [worst] = growth.classes;
  const [site] = growth.sites;
  const more = COUNTS.filter(([name]) => growth[name] > 0).map(([name, words]) => `${String(growth[name])} ${words}`);
  const kept = [...more, ...(growth.heapBytes > 0 ? [`${(growth.heapBytes / 1000).toFixed(1)} kB of JavaScript heap`] : [])];
  return {
    kind: 'heap',
    severity: 'leak',
    status: 'new',
    fingerprint: fingerprint({
      kind: 'heap',
      type: 'page',
      file: null,
      place: null,
      source: null,
      label: [place.test === null ? '' : place.relative(place.test.file), testName(place), growth.page].join(' › '),
    }),
    summary: redactText(`page ${growth.page} keeps ${kept.join(', ')}${worst === undefined ? '' : `: ${describe(worst)}`}`),
    hint: redactText(hintFor(worst, site)),
    count: 1,
    bytes: Math.max(0, Math.round(growth.heapBytes)),
    scope: place.scope,
    origin: null,
    stack: (site?.stack ?? []).map((frame) => redactText(formatFrame(frame))),
    evidence: evidenceOf(growth),
  };
}

/** Structures of Chromium on the way to something that a developer knows. */
const BROWSERS_OWN = / of (?:blink::|EventListener$|V8EventListener$)/;

function hintFor(worst: ClassGrowth | undefined, site: AllocationSite | undefined): string {
  const made =
    site === undefined ? '' : `, allocated in ${site.frame.function ?? 'the function'} at ${site.frame.file}:${String(site.frame.line)}`;
  const retainers = worst?.retainers.filter((retainer) => !BROWSERS_OWN.test(retainer)).slice(0, 3) ?? [];
  if (worst === undefined || retainers.length === 0) {
    return `something in the page still refers to it${made}: an array, a cache, a listener, a timer; drop that reference when it is done`;
  }
  return `${worst.name} is kept by ${retainers.join(' ← ')}${made}: drop that reference when it is done`;
}

function describe({ name, count }: ClassGrowth): string {
  return `${String(count)} ${name}`;
}

function evidenceOf(growth: PageGrowth): Evidence {
  return {
    page: redactUrl(growth.url),
    ...Object.fromEntries(COUNTS.filter(([name]) => growth[name] !== 0).map(([name]) => [name, growth[name]])),
    heapBytes: growth.heapBytes,
    classes: growth.classes.map(({ name, count, bytes, retainers }) => ({
      name: redactText(name),
      count,
      bytes,
      retainers: retainers.map(redactText),
    })),
    allocatedAt: growth.sites.map(({ frame, bytes }) => ({ at: redactText(formatFrame(frame)), bytes })),
    ...(growth.withoutClasses === undefined ? {} : { withoutClasses: growth.withoutClasses }),
  };
}
