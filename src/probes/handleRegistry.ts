import { createHook, executionAsyncId } from 'node:async_hooks';
import type { AsyncHook } from 'node:async_hooks';
import type { CapturedStack } from './captureStack.ts';
import { captureStack, DEEP, SHALLOW } from './captureStack.ts';
import type { HandleState, HandleType, NativeHandle } from './handleTypes.ts';
import { handleType, isRevivable, stateOf } from './handleTypes.ts';
import type { Origin, OriginContext } from './originContext.ts';
import { isOwnTimer } from './realTime.ts';
import { RunnerTimers } from './runnerTimers.ts';
import { TimerChains } from './timerChains.ts';
import { openerOf } from '../core/stack.ts';

export interface HandleReference {
  deref(): NativeHandle | undefined;
}

/** One handle that was made while the registry watched. A closed one is not kept alive beyond the next sweep. */
export interface HandleEntry {
  readonly asyncId: number;
  readonly type: HandleType;
  readonly handle: HandleReference;
  /** Unformatted at first; see {@link HandleRegistry.formatStacks}. */
  readonly stack: CapturedStack;
  readonly origin: Origin | undefined;
  /** In which callback it was made: handles of one call share it. */
  readonly executionAsyncId: number;
  /**
   * The same as `asyncId`, but of a timer that arms itself again (see {@link TimerChains}) the first one's of the chain: it is known
   * under that id for as long as the chain goes on, and belongs to whoever began it.
   */
  chainId: number;
  /** Of a timer: its function as it was given, for the handle's may have been wrapped since. */
  readonly callback: NativeHandle['_onTimeout'];
  /** The server that accepted this connection, if it was made while the registry watched. */
  readonly server: HandleEntry | null;
}

/** Dead entries are swept out when at least this many new ones came in, and as many as the last sweep left. */
const SWEEP_AFTER = 2048;

/** The same of timers alone: one that has fired keeps all that its callback refers to. */
const SWEEP_TIMERS_AFTER = 32;

/**
 * Every handle made since `start()`, by async id, for as long as it is open. Only creation is hooked: a `destroy` hook would make
 * Node 20 watch every promise through the garbage collector; closing is read off the handle itself.
 */
export class HandleRegistry {
  readonly #context: OriginContext;
  readonly #entries = new Map<number, HandleEntry>();
  /** Under which id a stream is known now: an agent that hands out a pooled socket again gives it a new one. */
  readonly #latest = new WeakMap<NativeHandle, number>();
  readonly #chains = new TimerChains();
  readonly #runnerTimers = new RunnerTimers();
  readonly #unformatted = new Set<HandleEntry>();
  readonly #timers = new Set<HandleEntry>();
  #sweepTimersAt = SWEEP_TIMERS_AFTER;
  #sweepAt = SWEEP_AFTER;
  #newestId = 0;
  #hook: AsyncHook | null = null;

  constructor(context: OriginContext) {
    this.#context = context;
  }

  start(): void {
    const init = (asyncId: number, type: string, triggerAsyncId: number, resource: object): void => {
      // Most of what happens: before anything else.
      if (type === 'PROMISE' || type === 'TickObject' || type === 'Immediate') return;
      const known = handleType(type);
      if (known !== undefined) this.#add(asyncId, known, triggerAsyncId, resource, init);
    };
    // Newer Node can leave promises out altogether; an older one ignores the option.
    const callbacks = { init, trackPromises: false };
    this.#hook = createHook(callbacks).enable();
  }

  stop(): void {
    this.#hook?.disable();
    this.#hook = null;
    this.#entries.clear();
    this.#chains.clear();
    this.#unformatted.clear();
    this.#timers.clear();
  }

  /** Visits what is open, and forgets the rest. */
  forEachOpen(visit: (entry: HandleEntry, state: HandleState, handle: NativeHandle) => void): void {
    for (const entry of this.#entries.values()) {
      const handle = entry.handle.deref();
      const state = stateOfEntry(entry, handle);
      if (handle === undefined || state === 'closed') {
        // Closed for good; but an unreferenced timer, watcher or port may be referenced again.
        if (handle === undefined || !isRevivable(entry.type, handle, entry.asyncId)) this.#forget(entry);
      } else visit(entry, state, handle);
    }
    this.#sweepAt = 2 * this.#entries.size + SWEEP_AFTER;
  }

  /** The handle known under this id, if it is open. */
  find(asyncId: number): { readonly entry: HandleEntry; readonly state: HandleState; readonly handle: NativeHandle } | undefined {
    const entry = this.#chains.latest(asyncId) ?? this.#entries.get(asyncId);
    const handle = entry?.handle.deref();
    if (entry === undefined || handle === undefined) return undefined;
    const state = stateOfEntry(entry, handle);
    return state === 'closed' ? undefined : { entry, state, handle };
  }

  /** The latest handle known under this id, open or not. */
  latestLink(id: number): { readonly asyncId: number; readonly handle: NativeHandle | undefined } | undefined {
    const entry = this.#chains.latest(id) ?? this.#entries.get(id);
    return entry === undefined ? undefined : { asyncId: entry.asyncId, handle: entry.handle.deref() };
  }

  /** How many worker threads run, referenced or not. */
  threads(): number {
    let running = 0;
    for (const { type, handle } of this.#entries.values()) if (type === 'WORKER' && handle.deref()?.hasRef?.() !== undefined) running += 1;
    return running;
  }

  /** The youngest handle's id so far. */
  newestId(): number {
    return this.#newestId;
  }

  /** Handles made with ids from `first` to `last`, oldest first; some may be closed. Both ends are included. */
  made(first: number, last: number): HandleEntry[] {
    const entries: HandleEntry[] = [];
    for (let asyncId = first; asyncId <= last; asyncId += 1) {
      const entry = this.#entries.get(asyncId);
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }

  /** Formats the stacks of what is still open, so that they no longer keep the receivers of their frames alive. */
  formatStacks(): void {
    for (const entry of this.#unformatted) entry.stack.frames();
    this.#unformatted.clear();
  }

  #add(asyncId: number, type: HandleType, triggerAsyncId: number, resource: object, below: (...args: never[]) => unknown): void {
    const reused = 'handle' in resource && typeof resource.handle === 'object' && resource.handle !== null;
    const handle = (reused ? resource.handle : resource) as NativeHandle;
    if (type === 'Timeout' && (isOwnTimer() || this.#isRunners(handle, below))) return;
    const trigger = this.#entries.get(triggerAsyncId);
    const entry: HandleEntry = {
      asyncId,
      type,
      // A WeakRef would cost more than the timer, and keep it until the end of the job all the same.
      handle: type === 'Timeout' ? new StrongReference(handle) : new WeakRef(handle),
      stack: captureStack(below, type === 'Timeout' ? SHALLOW : DEEP),
      origin: this.#context.current(),
      executionAsyncId: executionAsyncId(),
      server: trigger !== undefined && isAccepted(type, trigger.type) ? trigger : null,
      chainId: asyncId,
      callback: handle._onTimeout,
    };
    if (type === 'TCPWRAP' || type === 'PIPEWRAP') this.#rename(handle, asyncId);
    if (this.#entries.size >= this.#sweepAt) this.forEachOpen(() => undefined);
    this.#entries.set(asyncId, entry);
    this.#newestId = asyncId;
    this.#unformatted.add(entry);
    if (type === 'Timeout') this.#addTimer(entry);
  }

  #isRunners(timer: NativeHandle, below: (...args: never[]) => unknown): boolean {
    return this.#runnerTimers.recognizes(timer._onTimeout, () => openerOf(captureStack(below, SHALLOW).frames()));
  }

  #addTimer(entry: HandleEntry): void {
    this.#chains.join(entry, (asyncId) => this.#entries.get(asyncId));
    this.#timers.add(entry);
    if (this.#timers.size < this.#sweepTimersAt) return;
    for (const timer of this.#timers) {
      const handle = timer.handle.deref();
      if (handle === undefined || !isRevivable(timer.type, handle, timer.asyncId)) this.#forget(timer);
    }
    this.#sweepTimersAt = 2 * this.#timers.size + SWEEP_TIMERS_AFTER;
  }

  /** What an agent hands out again is forgotten under the id that it had. */
  #rename(stream: NativeHandle, asyncId: number): void {
    const former = this.#entries.get(this.#latest.get(stream) ?? Number.NaN);
    if (former !== undefined) this.#forget(former);
    this.#latest.set(stream, asyncId);
  }

  #forget(entry: HandleEntry): void {
    this.#entries.delete(entry.asyncId);
    this.#unformatted.delete(entry);
    this.#timers.delete(entry);
    this.#chains.end(entry);
  }
}

function stateOfEntry({ type, asyncId }: HandleEntry, handle: NativeHandle | undefined): HandleState {
  return handle === undefined ? 'closed' : stateOf(type, handle, asyncId);
}

class StrongReference implements HandleReference {
  readonly #handle: NativeHandle;

  constructor(handle: NativeHandle) {
    this.#handle = handle;
  }

  deref(): NativeHandle {
    return this.#handle;
  }
}

function isAccepted(type: HandleType, trigger: HandleType): boolean {
  return (type === 'TCPWRAP' && trigger === 'TCPSERVERWRAP') || (type === 'PIPEWRAP' && trigger === 'PIPESERVERWRAP');
}
