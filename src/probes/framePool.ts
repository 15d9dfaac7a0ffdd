import { parseStack, type Frame } from '../core/stack.ts';

/** What nobody holds any more is swept out when at least this many new ones came in, and as many as the last sweep left. */
const SWEEP_AFTER = 64;

/**
 * Parses stacks, and gives those that are equal the same frames for as long as somebody holds them. A thousand handles that one line has
 * left open would else keep a thousand copies, some 3.6 kB each, which a scenario would be charged with: its heap grew by what was recorded
 * of it.
 */
export class FramePool {
  readonly #frames = new Map<string, WeakRef<readonly Frame[]>>();
  #sweepAt = SWEEP_AFTER;

  /** @param stack The `stack` of an `Error`. */
  parse(stack: string): readonly Frame[] {
    const known = this.#frames.get(stack)?.deref();
    if (known !== undefined) return known;
    const frames = Object.freeze(parseStack(stack));
    if (this.#frames.size >= this.#sweepAt) this.#sweep();
    this.#frames.set(stack, new WeakRef(frames));
    return frames;
  }

  #sweep(): void {
    for (const [stack, frames] of this.#frames) if (frames.deref() === undefined) this.#frames.delete(stack);
    this.#sweepAt = 2 * this.#frames.size + SWEEP_AFTER;
  }
}
