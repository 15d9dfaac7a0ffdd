import type { Frame } from '../core/stack.ts';
import { formatFrame, isPlaywrightFrame, isRuntimeFrame, openerOf } from '../core/stack.ts';
import { FramePool } from './framePool.ts';

/** Deep enough for the longest way from Node's internals to a caller of `http.get` (14 frames) and a library or two. */
export const DEEP = 24;

/** Timers are made straight from the code that wants them, and there are many. */
export const SHALLOW = 14;

const pool = new FramePool();

/**
 * The stack of one moment, captured cheaply (about 2 µs) and formatted when first read, because formatting maps every frame to its
 * source. Until then V8 keeps the receivers (`this`) of all its frames alive: call `frames()` or drop it soon, or an object that
 * should be collected is not.
 */
export class CapturedStack {
  #holder: { stack?: unknown } | null;
  #frames: readonly Frame[] | null = null;

  /** @param holder An object that `Error.captureStackTrace` has been called on. */
  constructor(holder: { stack?: unknown }) {
    this.#holder = holder;
  }

  /**
   * Nearest frame first, mapped to source where the process maps stacks; of Playwright's own calls only Playwright's nearest frame, because
   * mapping the rest costs ten times as much and nobody is shown it. Shared with equal stacks. Never throws.
   */
  frames(): readonly Frame[] {
    if (this.#frames !== null) return this.#frames;
    this.#frames = format(this.#holder);
    this.#holder = null;
    return this.#frames;
  }
}

/**
 * Captures the stack of the caller of `below` (left out together with everything it called).
 *
 * @param limit Frames to keep; `Error.stackTraceLimit` is left as it was.
 */
export function captureStack(below: (...args: never[]) => unknown, limit: number = DEEP): CapturedStack {
  const holder = {};
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = limit;
  Error.captureStackTrace(holder, below);
  Error.stackTraceLimit = before;
  return new CapturedStack(holder);
}

/** The first of these stacks in which somebody other than Node's own code appears; otherwise the first. */
export function firstWithCaller(...stacks: readonly (readonly Frame[] | undefined)[]): readonly Frame[] {
  const known = stacks.filter((frames) => frames !== undefined);
  return known.find((frames) => isCalledByProgram(frames)) ?? known[0] ?? [];
}

/** Whether a stack leads to code that is not Node's. */
export function isCalledByProgram(frames: readonly Frame[]): boolean {
  const opener = openerOf(frames);
  return opener === 'user' || opener === 'playwright';
}

function format(holder: { stack?: unknown } | null): readonly Frame[] {
  const installed = Error.prepareStackTrace as typeof Error.prepareStackTrace | undefined;
  // Without one, Node may be mapping by itself (`--enable-source-maps`), and anything put here would stop it.
  if (installed !== undefined) {
    Error.prepareStackTrace = (error, sites) => {
      const nearest = nearestCaller(sites);
      return nearest !== undefined && isPlaywrightFrame(nearest) ? formatFrame(nearest) : (installed(error, sites) as unknown);
    };
  }
  try {
    const stack = holder?.stack;
    // A prepareStackTrace of the program's own may return anything, and may throw.
    return typeof stack === 'string' ? pool.parse(stack) : [];
  } catch {
    return [];
  } finally {
    if (installed !== undefined) Error.prepareStackTrace = installed;
  }
}

function nearestCaller(sites: readonly NodeJS.CallSite[]): Frame | undefined {
  for (const site of sites) {
    const file = site.getFileName() ?? '';
    const frame = { file, line: site.getLineNumber() ?? 0, column: site.getColumnNumber() ?? 0, function: site.getFunctionName() };
    if (!isRuntimeFrame(frame)) return frame;
  }
  return undefined;
}
