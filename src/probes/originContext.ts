import { AsyncLocalStorage } from 'node:async_hooks';
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';
import type { Frame } from '../core/stack.ts';
import { captureStack, isCalledByProgram } from './captureStack.ts';
import { patch } from './patch.ts';

/** The call that a handle made later goes back to. */
export interface Origin {
  readonly stack: readonly Frame[];
  /** The path that the call was given, when it was one. */
  readonly path: string | null;
  /** The socket that was told to connect. */
  readonly socket: WeakRef<net.Socket> | null;
}

/**
 * Remembers, along the asynchronous context, which call of the program led here: a handle that Node makes only after a host has
 * been looked up, or in a later tick, has no frame of the program in its own stack.
 */
export class OriginContext {
  readonly #storage = new AsyncLocalStorage<Origin | undefined>();
  #undo: (() => void)[] = [];

  /** Wraps the calls after which Node opens something later, or that alone know a path. */
  start(): void {
    this.#undo = [
      this.#follow(net.Server.prototype, 'listen'),
      this.#follow(net.Socket.prototype, 'connect'),
      this.#follow(dgram.Socket.prototype, 'bind'),
      this.#follow(fs, 'createReadStream'),
      this.#follow(fs, 'createWriteStream'),
      this.#follow(fs, 'watch'),
      this.#follow(fs, 'watchFile'),
      this.#follow(globalThis, 'fetch'),
    ];
  }

  stop(): void {
    for (const undo of this.#undo) undo();
    this.#undo = [];
    this.#storage.disable();
  }

  /** The call that the present asynchronous context goes back to, if it is one of those followed. */
  current(): Origin | undefined {
    return this.#storage.getStore();
  }

  #follow(holder: object, name: string): () => void {
    const before = (thisArg: unknown, args: unknown[]): Origin | undefined => {
      // Formatted at once: the context may live as long as a pooled socket, and a raw stack keeps the receivers of its frames alive.
      const stack = captureStack(before).frames();
      const outer = this.#storage.getStore();
      const socket = thisArg instanceof net.Socket ? new WeakRef(thisArg) : null;
      if (isCalledByProgram(stack) || outer === undefined) return { stack, path: pathOf(args[0]), socket };
      return socket === null ? outer : { ...outer, socket };
    };
    return patch(holder, name, { before, context: this.#storage });
  }
}

function pathOf(argument: unknown): string | null {
  if (typeof argument === 'string') return Number.isNaN(Number(argument)) ? argument : null;
  if (argument instanceof URL) return argument.protocol === 'file:' ? argument.pathname : null;
  if (Array.isArray(argument)) return pathOf(argument[0]);
  if (typeof argument === 'object' && argument !== null && 'path' in argument) return pathOf(argument.path);
  return null;
}
