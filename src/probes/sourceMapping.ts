import { findSourceMap } from 'node:module';
import { parseStack, type Frame } from '../core/stack.ts';

/**
 * Maps a position in code that was compiled from another language to its source, the way the stacks of this process are: through
 * `Error.prepareStackTrace`, as Playwright and other loaders install it, or through Node's own source maps. A position nobody maps
 * is returned as it is.
 *
 * @param url What V8 calls the script: loaders know an ES module by its `file:` URL.
 */
export function mapToSource(frame: Frame, url: string): Frame {
  return throughStackTrace({ ...frame, file: url }) ?? throughNode(frame) ?? frame;
}

/** Formats a stack of one made-up call site, and reads the position it was mapped to. */
function throughStackTrace(frame: Frame): Frame | undefined {
  const { prepareStackTrace } = Error;
  if (typeof prepareStackTrace !== 'function') return undefined;
  try {
    const formatted: unknown = prepareStackTrace(new Error('position'), [new CallSite(frame)]);
    const [mapped] = typeof formatted === 'string' ? parseStack(formatted) : [];
    return mapped === undefined ? undefined : { ...mapped, function: frame.function };
  } catch {
    // Not made for call sites that are not V8's own.
    return undefined;
  }
}

function throughNode(frame: Frame): Frame | undefined {
  const entry = findSourceMap(frame.file)?.findEntry(frame.line - 1, frame.column - 1);
  if (entry === undefined || !('originalSource' in entry)) return undefined;
  const file = entry.originalSource.startsWith('file://')
    ? decodeURIComponent(new URL(entry.originalSource).pathname)
    : entry.originalSource;
  return { file, line: entry.originalLine + 1, column: entry.originalColumn + 1, function: frame.function };
}

/** As much of V8's call site as formatters of stacks use. */
class CallSite implements NodeJS.CallSite {
  readonly #frame: Frame;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  getThis(): undefined {
    return undefined;
  }
  getTypeName(): null {
    return null;
  }
  getFunction(): undefined {
    return undefined;
  }
  getFunctionName(): string | null {
    return this.#frame.function;
  }
  getMethodName(): null {
    return null;
  }
  getFileName(): string {
    return this.#frame.file;
  }
  getLineNumber(): number {
    return this.#frame.line;
  }
  getColumnNumber(): number {
    return this.#frame.column;
  }
  getEvalOrigin(): undefined {
    return undefined;
  }
  isToplevel(): boolean {
    return true;
  }
  isEval(): boolean {
    return false;
  }
  isNative(): boolean {
    return false;
  }
  isConstructor(): boolean {
    return false;
  }
  isAsync(): boolean {
    return false;
  }
  isPromiseAll(): boolean {
    return false;
  }
  getPromiseIndex(): null {
    return null;
  }
  getScriptNameOrSourceURL(): string {
    return this.#frame.file;
  }
  getScriptHash(): string {
    return '';
  }
  getEnclosingColumnNumber(): number {
    return this.#frame.column;
  }
  getEnclosingLineNumber(): number {
    return this.#frame.line;
  }
  getPosition(): number {
    return 0;
  }
  toString(): string {
    const { file, line, column, function: name } = this.#frame;
    const place = `${file}:${String(line)}:${String(column)}`;
    return name === null ? place : `${name} (${place})`;
  }
}
