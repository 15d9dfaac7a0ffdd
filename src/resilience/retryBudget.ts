import { numberBetween } from './checks.ts';

/** See {@link RetryBudget}. */
export interface RetryBudgetOptions {
  /** Repetitions allowed for each call, over time; 0.2 by default, that is one for five calls. */
  readonly ratio?: number | undefined;
  /** Repetitions allowed before there were any calls, and the most that can be saved up; 10 by default. */
  readonly reserve?: number | undefined;
}

/**
 * Keeps repetitions from becoming the load that brings a struggling server down: shared by all calls to it, it allows only so many
 * repetitions for so many calls. After Finagle's RetryBudget and the token bucket of the AWS SDKs; without time, so also without timers.
 *
 * @example
 * const budget = new RetryBudget({ ratio: 0.1 });
 * await retry(async () => 42, { budget });
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #reserve: number;
  #tokens: number;

  constructor({ ratio = 0.2, reserve = 10 }: RetryBudgetOptions = {}) {
    this.#ratio = numberBetween('ratio', ratio, { least: 0 });
    this.#reserve = numberBetween('reserve', reserve, { least: 1 });
    this.#tokens = reserve;
  }

  /** How many repetitions are allowed now. */
  get available(): number {
    return Math.floor(this.#tokens);
  }

  /** A call begins. */
  deposit(): void {
    this.#tokens = Math.min(this.#reserve, this.#tokens + this.#ratio);
  }

  /** Asks for a repetition; `false` where there have been too many. */
  withdraw(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
