import { randomUUID } from 'node:crypto';
import type { Frame } from '../core/stack.ts';
import type { Opening } from './openings.ts';

/**
 * Names, in the environment of what a test starts, the place that started it. Everything below inherits it, so that an orphan still
 * tells where it comes from when all between it and the test have ended.
 */
export const SPAWN_VARIABLE = 'PLAYWRIGHT_LEAK_SPAWN';

/** Places remembered. A place is a whole stack, so that one line in a loop is one place: few suites have a hundred. */
const MAX_PLACES = 1024;

/** Gives every place that starts processes a name of its own, and knows the place by its name. */
export class SpawnPlaces {
  /** Tells its names from those that were inherited from another worker, a nested run or an earlier recorder. */
  readonly #recorder = randomUUID();
  readonly #names = new Map<string, string>();
  readonly #stacks = new Map<string, readonly Frame[]>();
  #made = 0;

  /**
   * What {@link SPAWN_VARIABLE} is to be for a process started at `stack`. Names that were `inherited` are kept in front: they are
   * true as well, for whoever gave them.
   */
  mark(stack: readonly Frame[], inherited?: string): string {
    const name = this.#nameOf(stack);
    return inherited === undefined ? name : `${inherited} ${name}`;
  }

  /** The place named in an environment, as {@link readEnvironment} returns it; `undefined` when none of this recorder's is. */
  find(environment: string): Opening | undefined {
    const value = new RegExp(`\0${SPAWN_VARIABLE}=([^\0]*)\0`).exec(environment)?.[1] ?? '';
    for (const name of value.split(' ')) {
      const stack = this.#stacks.get(name);
      if (stack !== undefined) return { stack };
    }
    return undefined;
  }

  clear(): void {
    this.#names.clear();
    this.#stacks.clear();
  }

  #nameOf(stack: readonly Frame[]): string {
    const text = JSON.stringify(stack);
    const name = this.#names.get(text) ?? `${this.#recorder}:${String((this.#made += 1))}`;
    // Entered anew, so that what is forgotten is what was used longest ago.
    this.#names.delete(text);
    this.#names.set(text, name);
    this.#stacks.set(name, stack);
    if (this.#names.size > MAX_PLACES) this.#forgetOldest();
    return name;
  }

  #forgetOldest(): void {
    for (const [text, name] of this.#names) {
      this.#names.delete(text);
      this.#stacks.delete(name);
      return;
    }
  }
}
