import type { Opener } from './resource.ts';

/** One frame of a JavaScript stack. Line and column count from 1. */
export interface Frame {
  /** Absolute path, or what the engine calls the place (`node:net`, `<anonymous>`). */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly function: string | null;
}

/** Where a resource was opened. Line and column count from 1. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const FRAME = /^\s*at (?:(.*?) \()?(?:async )?(.+?):(\d+):(\d+)\)?$/;

/** Evaluated code has no file: the place that evaluated it stands in, of `eval at load (/suite/a.ts:3:9), <anonymous>` the one in brackets. */
function evaluator(place: string): string[] {
  const inBrackets = place.slice(place.lastIndexOf('(') + 1).split(')')[0] ?? '';
  return /^(.+):(\d+):(\d+)$/.exec(inBrackets)?.slice(1) ?? [];
}

/** Parses the `stack` of an `Error`, nearest frame first. Lines that are no frames (the message, native code) are left out. */
export function parseStack(stack: string): Frame[] {
  const frames: Frame[] = [];
  for (const text of stack.split('\n')) {
    const match = FRAME.exec(text);
    if (match === null) continue;
    const [, name, place = '', line, column] = match;
    const [file = place, row = line, col = column] = place.startsWith('eval at ') ? evaluator(place) : [];
    frames.push({ file: toPath(file), line: Number(row), column: Number(col), function: name?.replace(/^async /, '') ?? null });
  }
  return frames;
}

/** Node's own code, and the transparent wrappers of this package, which carry a `node:` name too. */
export function isRuntimeFrame(frame: Frame): boolean {
  return frame.file.startsWith('node:') || frame.file.startsWith('internal/') || !/[\\/]/.test(frame.file);
}

/** Playwright's own code, whichever of its packages. */
export function isPlaywrightFrame(frame: Frame): boolean {
  return /[\\/]node_modules[\\/](?:playwright|playwright-core|@playwright[\\/][^\\/]+)[\\/]/.test(frame.file);
}

/** Code of an installed package, as opposed to the suite's own. */
export function isLibraryFrame(frame: Frame): boolean {
  return /[\\/]node_modules[\\/]/.test(frame.file);
}

/**
 * The line to show: the nearest frame of the suite's own code; without one, the nearest library frame; without that, `null`.
 * Playwright's frames and Node's are never the origin of a user's leak.
 */
export function originOf(frames: readonly Frame[]): Location | null {
  const candidates = frames.filter((frame) => !isRuntimeFrame(frame) && !isPlaywrightFrame(frame));
  const frame = candidates.find((candidate) => !isLibraryFrame(candidate)) ?? candidates[0];
  return frame === undefined ? null : { file: frame.file, line: frame.line, column: frame.column };
}

/** The nearest frame that is not Node's: the code that made the call. */
export function callerOf(frames: readonly Frame[]): Frame | undefined {
  return frames.find((frame) => !isRuntimeFrame(frame));
}

/** A place in the code, as text: `/suite/a.spec.ts:3:9`. */
export function formatPlace({ file, line, column }: Location): string {
  return `${file}:${String(line)}:${String(column)}`;
}

/** Who opened it, by the nearest frame that is not Node's. No such frame: `runtime`; no frames at all: `unknown`. */
export function openerOf(frames: readonly Frame[]): Opener {
  if (frames.length === 0) return 'unknown';
  const nearest = callerOf(frames);
  if (nearest === undefined) return 'runtime';
  return isPlaywrightFrame(nearest) ? 'playwright' : 'user';
}

/** One line of a stack as V8 prints it, without the indentation: `at checkout (/suite/a.spec.ts:3:9)`. */
export function formatFrame(frame: Frame): string {
  const place = formatPlace(frame);
  return frame.function === null ? `at ${place}` : `at ${frame.function} (${place})`;
}

function toPath(place: string): string {
  if (!place.startsWith('file://')) return place;
  const path = decodeURIComponent(place.slice('file://'.length));
  return /^\/[A-Za-z]:\//.test(path) ? path.slice(1).replaceAll('/', '\\') : path;
}
