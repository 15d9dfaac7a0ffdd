import type { Opener } from '../core/resource.ts';

/** Shorter texts, such as `() => resolve()`, may stand in anybody's code. */
const TELLING_LENGTH = 40;
const MAX_LENGTH = 500;
const MAX_KNOWN = 200;

/**
 * Recognizes the timers that Playwright's runner makes, some 60 a test, by the text of their callbacks: asking a function for its
 * text takes 0.05 µs, capturing a stack 8. A text is learned from the first timer that has it.
 */
export class RunnerTimers {
  readonly #isRunners = new Map<string, boolean>();

  /**
   * @param callback What the timer calls.
   * @param openerNow Tells, dearly, who is making the timer at this moment.
   */
  recognizes(callback: unknown, openerNow: () => Opener): boolean {
    if (typeof callback !== 'function') return false;
    const text = Function.prototype.toString.call(callback);
    const known = this.#isRunners.get(text);
    if (known !== undefined) return known;
    if (text.length < TELLING_LENGTH || text.length > MAX_LENGTH || this.#isRunners.size >= MAX_KNOWN) return false;
    const isRunners = openerNow() === 'playwright';
    this.#isRunners.set(text, isRunners);
    return isRunners;
  }
}
