import fs from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Frame } from '../core/stack.ts';
import type { CapturedStack } from './captureStack.ts';
import { captureStack, firstWithCaller } from './captureStack.ts';
import type { Opening } from './openings.ts';
import type { Origin, OriginContext } from './originContext.ts';
import { patch } from './patch.ts';
import type { Closer } from './probe.ts';
import { transparentCall } from './transparentCall.ts';

interface Call {
  readonly stack: CapturedStack;
  readonly origin: Origin | undefined;
  /** Absolute, as it was asked for: links are not followed. */
  readonly path: string | null;
}

interface FileOpening extends Call {
  /** Of `fs.promises.open`: it alone knows whether it has been closed. */
  readonly fileHandle: WeakRef<fs.promises.FileHandle> | null;
  /** Once somebody has asked for the opening. */
  closer?: () => Closer;
}

interface DirectoryOpening {
  readonly path: string;
  readonly stack: readonly Frame[];
  readonly directory: WeakRef<fs.Dir>;
}

/** Directories whose `fs.Dir` may still be open; the oldest are forgotten. */
const MAX_DIRECTORIES = 512;

/** Raw stacks formatted per reading: enough for any test that is well, and no long pause in one that opens 10,000 files. */
const MAX_FORMATTED = 256;

/** Records which call of the program opened which descriptor, through thin wrappers around `fs.open` and its kin. */
export class FsOpenings {
  readonly #context: OriginContext;
  readonly #files = new Map<number, FileOpening>();
  readonly #unformatted = new Set<FileOpening>();
  #directories: DirectoryOpening[] = [];
  #undo: (() => void)[] = [];

  constructor(context: OriginContext) {
    this.#context = context;
  }

  start(): void {
    const before = (_thisArg: unknown, args: unknown[]): Call => this.#call(args, before);
    const beforeCallback = (_thisArg: unknown, args: unknown[]): Call => {
      const call = this.#call(args, beforeCallback);
      const callback = args.at(-1);
      if (typeof callback === 'function') args[args.length - 1] = this.#listen(callback as (...values: unknown[]) => unknown, call);
      return call;
    };
    const after = (call: Call, result: unknown): void => this.#opened(call, result);
    const forget = (_thisArg: unknown, args: unknown[]): void => this.#closed(args[0]);
    this.#undo = [
      patch(fs, 'open', { before: beforeCallback }),
      patch(fs, 'openSync', { before, after }),
      patch(fs.promises, 'open', { before, resolved: after }),
      patch(fs, 'opendir', { before: beforeCallback }),
      patch(fs, 'opendirSync', { before, after }),
      patch(fs.promises, 'opendir', { before, resolved: after }),
      patch(fs, 'close', { before: forget }),
      patch(fs, 'closeSync', { before: forget }),
    ];
  }

  stop(): void {
    for (const undo of this.#undo) undo();
    this.#undo = [];
    this.#files.clear();
    this.#unformatted.clear();
    this.#directories = [];
  }

  /** Formats the stacks of what has stayed open, so that they no longer keep objects alive. */
  formatStacks(): void {
    let formatted = 0;
    for (const opening of this.#unformatted) {
      this.#unformatted.delete(opening);
      if (opening.fileHandle !== null && opening.fileHandle.deref() === undefined) continue;
      opening.stack.frames();
      formatted += 1;
      if (formatted === MAX_FORMATTED) return;
    }
  }

  /** @see Openings.fd */
  opening(fd: number, path: string | null): Opening | undefined {
    const file = this.#files.get(fd);
    if (file !== undefined && this.#isOf(file, fd, path)) {
      const stack = firstWithCaller(file.stack.frames(), file.origin?.stack);
      const handle = file.fileHandle?.deref();
      return handle === undefined ? { stack } : { stack, closer: (file.closer ??= closerOf(handle)) };
    }
    if (path === null) return undefined;
    const directory = this.#directories.findLast(
      (candidate) => candidate.directory.deref() !== undefined && isSameFile(candidate.path, path),
    );
    return directory === undefined ? undefined : { stack: directory.stack };
  }

  #call(args: readonly unknown[], below: (...args: never[]) => unknown): Call {
    return { stack: captureStack(below), origin: this.#context.current(), path: absolute(args[0]) };
  }

  #listen(callback: (...values: unknown[]) => unknown, call: Call): (...values: unknown[]) => unknown {
    return transparentCall(callback, {
      before: (_thisArg, values) => {
        if (values[0] === null || values[0] === undefined) this.#opened(call, values[1]);
      },
    });
  }

  #opened(call: Call, result: unknown): void {
    if (typeof result === 'number') this.#record(result, call, null);
    else if (result instanceof fs.Dir) this.#recordDirectory(call, result);
    else if (isFileHandle(result)) this.#record(result.fd, call, result);
  }

  #record(fd: number, { stack, origin, path }: Call, handle: fs.promises.FileHandle | null): void {
    this.#closed(fd);
    // Spread, it would have a hidden class of its own, which takes 250 bytes.
    const opening: FileOpening = { stack, origin, path, fileHandle: handle === null ? null : new WeakRef(handle) };
    this.#files.set(fd, opening);
    this.#unformatted.add(opening);
  }

  #recordDirectory(call: Call, directory: fs.Dir): void {
    if (call.path === null) return;
    const stack = firstWithCaller(call.stack.frames(), call.origin?.stack);
    if (this.#directories.length >= MAX_DIRECTORIES) {
      this.#directories = this.#directories.filter((known) => known.directory.deref() !== undefined).slice(-MAX_DIRECTORIES / 2);
    }
    this.#directories.push({ path: call.path, stack, directory: new WeakRef(directory) });
  }

  #closed(fd: unknown): void {
    if (typeof fd !== 'number') return;
    const opening = this.#files.get(fd);
    if (opening === undefined) return;
    this.#files.delete(fd);
    this.#unformatted.delete(opening);
  }

  #isOf(file: FileOpening, fd: number, path: string | null): boolean {
    if (file.fileHandle !== null && file.fileHandle.deref()?.fd !== fd) return false;
    if (path === null || file.path === null || path === file.path) return true;
    try {
      const wanted = fs.statSync(file.path);
      const found = fs.fstatSync(fd);
      return wanted.ino === found.ino && wanted.dev === found.dev;
    } catch {
      // Deleted or renamed since: nothing speaks against the record.
      return true;
    }
  }
}

function isFileHandle(value: unknown): value is fs.promises.FileHandle {
  return typeof value === 'object' && value !== null && 'fd' in value && typeof value.fd === 'number';
}

/** Tells, once a file is closed, whether somebody called its `close`. */
function closerOf(handle: fs.promises.FileHandle): () => Closer {
  const reference = new WeakRef(handle);
  // The types do not know of its event.
  const emitter: { once?: (event: 'close', listener: () => void) => unknown } = handle as object;
  if (emitter.once === undefined) return () => undefined;
  let isClosed = false;
  emitter.once('close', () => (isClosed = true));
  return () => (isClosed || reference.deref() !== undefined ? undefined : 'nobody');
}

function absolute(path: unknown): string | null {
  try {
    if (typeof path === 'string') return resolve(path);
    if (path instanceof URL) return fileURLToPath(path);
    return Buffer.isBuffer(path) ? resolve(path.toString()) : null;
  } catch {
    // No such URL, or a working directory that is gone: the call itself will tell its caller.
    return null;
  }
}

function isSameFile(asked: string, found: string): boolean {
  if (asked === found) return true;
  try {
    return fs.realpathSync(asked) === found;
  } catch {
    return false;
  }
}
