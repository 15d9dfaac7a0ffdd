import type { ResourceKey } from '../core/resource.ts';
import type { Closer } from './probe.ts';
import type { Frame } from '../core/stack.ts';

/** How one resource was opened, as far as something recorded it. */
export interface Opening {
  /** Stack of the opening call, nearest frame first, mapped to source. Formatted when it is read: ask for survivors only. */
  readonly stack: readonly Frame[];
  /** Of a descriptor that is gone: `nobody` where all had let go of its `FileHandle`, so that the garbage collector closed it. */
  readonly closer?: () => Closer;
}

/** How a direct child was started, and what this process holds of it. */
export interface ChildOpening extends Opening {
  /** Handles that exist only because the child does: its process handle and its pipes. They are folded into its finding. */
  readonly handleKeys?: readonly ResourceKey[];
  /** `child.unref()` was called: it does not hold this process. */
  readonly unreferenced?: boolean;
  /** At least one of its standard streams is a pipe to this process, so it learns when this process ends. */
  readonly hasPipes?: boolean;
}

/**
 * Who opened which descriptor and started which child: the recording side (wrappers of `fs.open*`, process handles) answers,
 * the descriptor and process probes ask. A number is reused at once, so an answer is about the latest opening of it.
 */
export interface Openings {
  /**
   * The recorded opening of descriptor `fd`, or `undefined` when nothing recorded it (native code, a worker thread).
   * `path` is what the descriptor leads to now, `null` when it is no file; a recorder that knows another path for this number
   * answers `undefined`, because then it recorded an earlier descriptor of the same number.
   */
  fd(fd: number, path: string | null): Opening | undefined;
  /** The recorded start of child `pid`, or `undefined` when nothing recorded it. */
  child(pid: number): ChildOpening | undefined;
  /** Whether child `pid` has ended after this process or somebody else told it to by a signal. */
  wasKilled?(pid: number): boolean;
  /** Pids of the direct children this process started and has not yet seen end. Playwright's own children are among them. */
  children(): Iterable<number>;
  /** Whether Playwright itself started child `pid`: its whole subtree is Playwright's, and the browser probe's business. */
  isPlaywrightChild(pid: number): boolean;
  /** How many worker threads of this process run, referenced or not. Each has an event loop of its own, with descriptors nobody records. */
  threads?(): number;
  /**
   * The recorded start below which a process came about that has this environment, as {@link readEnvironment} returns it; also when
   * all between have ended. `undefined` when nothing recorded the start, or the environment does not tell.
   */
  orphan?(environment: string): Opening | undefined;
}

/** Nothing was recorded: an observer from outside, or a process whose recorder is not installed. */
export const NO_OPENINGS: Openings = {
  fd: () => undefined,
  child: () => undefined,
  children: () => [],
  isPlaywrightChild: () => false,
};
