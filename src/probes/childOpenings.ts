import child_process from 'node:child_process';
import type { Frame } from '../core/stack.ts';
import { openerOf } from '../core/stack.ts';
import { captureStack, firstWithCaller } from './captureStack.ts';
import { handleKeys } from './handleKeys.ts';
import type { HandleEntry, HandleRegistry } from './handleRegistry.ts';
import type { ChildOpening, Opening } from './openings.ts';
import type { OriginContext } from './originContext.ts';
import { patch } from './patch.ts';
import { SpawnEnvironment } from './spawnEnvironment.ts';
import { SpawnPlaces } from './spawnPlaces.ts';

/** Signals by which somebody ends a process; a crash raises others. */
const ENDING_SIGNALS: ReadonlySet<NodeJS.Signals> = new Set(['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGHUP', 'SIGQUIT']);

interface LiveChild {
  readonly stack: readonly Frame[];
  readonly child: WeakRef<child_process.ChildProcess>;
  readonly process: HandleEntry | undefined;
  readonly pipes: readonly HandleEntry[];
}

/** The process handle is made in the constructor right before `spawn`; its timers and pipes come after. */
const CONSTRUCTOR_REACH = 64;

/** Records which call of the program started which child, and what this process holds of it. */
export class ChildOpenings {
  readonly #registry: HandleRegistry;
  readonly #context: OriginContext;
  readonly #live = new Map<number, LiveChild>();
  /** Pids of children that ended because somebody wanted them to. */
  readonly #killed = new Set<number>();
  readonly #places = new SpawnPlaces();
  readonly #environment: SpawnEnvironment;
  #undo: (() => void)[] = [];

  /** @param marks What this process hands down in the environment; children that inherit it all are told where they were started. */
  constructor(registry: HandleRegistry, context: OriginContext, marks: Readonly<Record<string, string>>) {
    this.#registry = registry;
    this.#context = context;
    this.#environment = new SpawnEnvironment(this.#places, marks);
  }

  start(): void {
    // A start takes milliseconds: formatting at once costs little, and keeps nothing alive.
    const stackBelow = (below: (...args: never[]) => unknown): readonly Frame[] =>
      firstWithCaller(captureStack(below).frames(), this.#context.current()?.stack);
    const before = (_child: unknown, args: unknown[]): { readonly stack: readonly Frame[]; readonly newestId: number } => {
      const stack = stackBelow(before);
      if (openerOf(stack) !== 'playwright') this.#environment.mark(args, stack);
      return { stack, newestId: this.#registry.newestId() };
    };
    const patchSync = (name: string, hasArgumentList: boolean): (() => void) => {
      const beforeSync = (_module: unknown, args: unknown[]): void => {
        const stack = stackBelow(beforeSync);
        if (openerOf(stack) !== 'playwright') this.#environment.markSync(args, stack, hasArgumentList);
      };
      return patch(child_process, name, { before: beforeSync });
    };
    this.#undo = [
      patch(child_process.ChildProcess.prototype, 'spawn', {
        before,
        after: (call, _result, child) => {
          if (child instanceof child_process.ChildProcess) this.#started(call, child);
        },
      }),
      patchSync('spawnSync', true),
      patchSync('execFileSync', true),
      patchSync('execSync', false),
    ];
  }

  stop(): void {
    for (const undo of this.#undo) undo();
    this.#undo = [];
    this.#live.clear();
    this.#killed.clear();
    this.#places.clear();
  }

  /** @see Openings.child */
  opening(pid: number): ChildOpening | undefined {
    const child = this.#live.get(pid);
    if (child === undefined) return undefined;
    const handle = child.process?.handle.deref();
    const pipes = child.pipes.filter((pipe) => this.#registry.find(pipe.asyncId) !== undefined);
    return {
      stack: child.stack,
      handleKeys: [child.process, ...pipes].flatMap((entry) => (entry === undefined ? [] : handleKeys(entry.asyncId))),
      unreferenced: handle?.hasRef?.() === false,
      hasPipes: pipes.length > 0,
    };
  }

  /** The running child that this pipe leads to. */
  childOfPipe(asyncId: number): number | undefined {
    for (const pid of this.pids()) if (this.#live.get(pid)?.pipes.some((pipe) => pipe.asyncId === asyncId) === true) return pid;
    return undefined;
  }

  /** Children that have not ended, as far as Node has been told. */
  pids(): number[] {
    return [...this.#live].filter(([, child]) => isRunning(child)).map(([pid]) => pid);
  }

  /** @see Openings.wasKilled */
  wasKilled(pid: number): boolean {
    return this.#killed.has(pid);
  }

  isPlaywrightChild(pid: number): boolean {
    const child = this.#live.get(pid);
    return child !== undefined && openerOf(child.stack) === 'playwright';
  }

  /** @see Openings.orphan */
  orphan(environment: string): Opening | undefined {
    return this.#places.find(environment);
  }

  #started(call: { readonly stack: readonly Frame[]; readonly newestId: number }, child: child_process.ChildProcess): void {
    const pid = child.pid;
    if (pid === undefined) return;
    const made = this.#registry.made(call.newestId + 1, this.#registry.newestId());
    const live: LiveChild = {
      stack: call.stack,
      child: new WeakRef(child),
      process: this.#registry
        .made(call.newestId - CONSTRUCTOR_REACH, call.newestId)
        .findLast((entry) => entry.type === 'PROCESSWRAP' && entry.handle.deref()?.pid === pid),
      pipes: made.filter((entry) => entry.type === 'PIPEWRAP'),
    };
    this.#live.set(pid, live);
    this.#killed.delete(pid);
    child.once('exit', (_code, signal) => {
      if (this.#live.get(pid) !== live) return;
      this.#live.delete(pid);
      if (child.killed || (signal !== null && ENDING_SIGNALS.has(signal))) this.#killed.add(pid);
    });
  }
}

function isRunning({ child }: LiveChild): boolean {
  const process = child.deref();
  return process !== undefined && process.exitCode === null && process.signalCode === null;
}
