import child_process from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import type { Frame } from '../core/stack.ts';
import { openerOf, originOf } from '../core/stack.ts';
import { captureStack, firstWithCaller } from './captureStack.ts';
import { handleKeys } from './handleKeys.ts';
import type { HandleEntry, HandleRegistry } from './handleRegistry.ts';
import type { ChildOpening, Opening } from './openings.ts';
import type { OriginContext } from './originContext.ts';
import { patch } from './patch.ts';

/** One start of a child, or one synchronous call that ran one. Times in milliseconds since the epoch. */
interface Spawn {
  readonly stack: readonly Frame[];
  readonly startedAt: number;
  /** `null` while it runs. */
  endedAt: number | null;
}

interface LiveChild extends Spawn {
  readonly child: WeakRef<child_process.ChildProcess>;
  readonly process: HandleEntry | undefined;
  readonly pipes: readonly HandleEntry[];
}

/** Ended starts remembered for the sake of orphans. */
const MAX_ENDED = 256;

/** The process handle is made in the constructor right before `spawn`; its timers and pipes come after. */
const CONSTRUCTOR_REACH = 64;

/** Start times from /proc are exact to a clock tick and a bit of drift. */
const BIRTH_TOLERANCE_MS = 20;

/** Records which call of the program started which child, and what this process holds of it. */
export class ChildOpenings {
  readonly #registry: HandleRegistry;
  readonly #context: OriginContext;
  readonly #live = new Map<number, LiveChild>();
  #ended: Spawn[] = [];
  #undo: (() => void)[] = [];

  constructor(registry: HandleRegistry, context: OriginContext) {
    this.#registry = registry;
    this.#context = context;
  }

  start(): void {
    const before = (): { readonly stack: readonly Frame[]; readonly startedAt: number; readonly newestId: number } => ({
      // A start takes milliseconds: formatting at once costs little, and keeps nothing alive.
      stack: firstWithCaller(captureStack(before).frames(), this.#context.current()?.stack),
      startedAt: Date.now(),
      newestId: this.#registry.newestId(),
    });
    const beforeSync = (): Spawn => {
      const spawn: Spawn = {
        stack: firstWithCaller(captureStack(beforeSync).frames(), this.#context.current()?.stack),
        startedAt: Date.now(),
        endedAt: null,
      };
      this.#remember(spawn);
      return spawn;
    };
    const afterSync = (spawn: Spawn): void => {
      spawn.endedAt = Date.now();
    };
    this.#undo = [
      patch(child_process.ChildProcess.prototype, 'spawn', {
        before,
        after: (call, _result, child) => {
          if (child instanceof child_process.ChildProcess) this.#started(call, child);
        },
      }),
      ...['spawnSync', 'execSync', 'execFileSync'].map((name) => patch(child_process, name, { before: beforeSync, after: afterSync })),
    ];
    syncBuiltinESMExports();
  }

  stop(): void {
    for (const undo of this.#undo) undo();
    this.#undo = [];
    syncBuiltinESMExports();
    this.#live.clear();
    this.#ended = [];
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

  isPlaywrightChild(pid: number): boolean {
    const child = this.#live.get(pid);
    return child !== undefined && openerOf(child.stack) === 'playwright';
  }

  /** @see Openings.orphan */
  orphan(bornAt: number): Opening | undefined {
    const fits = (spawn: Spawn): boolean =>
      openerOf(spawn.stack) === 'user' &&
      bornAt >= spawn.startedAt - BIRTH_TOLERANCE_MS &&
      bornAt <= (spawn.endedAt ?? Infinity) + BIRTH_TOLERANCE_MS;
    // An orphan has lost its parent: as a rule that was a child that has ended, not one that sleeps since an earlier test.
    const ended = this.#ended.filter(fits);
    const fitting = ended.length > 0 ? ended : [...this.#live.values()].filter(fits);
    const places = new Set(fitting.map((spawn) => JSON.stringify(originOf(spawn.stack))));
    const [first] = fitting;
    return first === undefined || places.size > 1 ? undefined : { stack: first.stack };
  }

  #started(
    call: { readonly stack: readonly Frame[]; readonly startedAt: number; readonly newestId: number },
    child: child_process.ChildProcess,
  ): void {
    const pid = child.pid;
    if (pid === undefined) return;
    const made = this.#registry.made(call.newestId + 1, this.#registry.newestId());
    const live: LiveChild = {
      stack: call.stack,
      startedAt: call.startedAt,
      endedAt: null,
      child: new WeakRef(child),
      process: this.#registry
        .made(call.newestId - CONSTRUCTOR_REACH, call.newestId)
        .findLast((entry) => entry.type === 'PROCESSWRAP' && entry.handle.deref()?.pid === pid),
      pipes: made.filter((entry) => entry.type === 'PIPEWRAP'),
    };
    this.#live.set(pid, live);
    child.once('exit', () => {
      if (this.#live.get(pid) === live) this.#live.delete(pid);
      this.#remember({ stack: call.stack, startedAt: call.startedAt, endedAt: Date.now() });
    });
  }

  #remember(spawn: Spawn): void {
    // A synchronous call that threw never told its end, but it has ended when the next one begins.
    for (const earlier of this.#ended) earlier.endedAt ??= spawn.startedAt;
    this.#ended.push(spawn);
    if (this.#ended.length > MAX_ENDED) this.#ended = this.#ended.slice(-MAX_ENDED / 2);
  }
}

function isRunning({ child }: LiveChild): boolean {
  const process = child.deref();
  return process !== undefined && process.exitCode === null && process.signalCode === null;
}
