import { messageOf } from '../core/messageOf.ts';
import { redactText } from '../core/redact.ts';
import type { ScenarioErrors } from '../core/scenario.ts';

const MAX_MESSAGES = 5;
const MAX_LENGTH = 500;

/** Iterations in a row that must fail before a run is given up. */
const HOPELESS_IN_A_ROW = 20;

/** Counts what iterations throw and keeps the first few different messages: bounded, however many fail. */
export class ErrorLog {
  #iterations = 0;
  #count = 0;
  #injected = 0;
  #unhandled = 0;
  #inARow = 0;
  readonly #messages = new Set<string>();

  succeeded(): void {
    this.#iterations += 1;
    this.#inARow = 0;
  }

  /** @param injected Whether the iteration had been told to fail: then it counts apart. */
  failed(error: unknown, injected: boolean): void {
    this.#iterations += 1;
    if (injected) {
      this.#injected += 1;
      return;
    }
    this.#count += 1;
    this.#inARow += 1;
    this.#remember(error);
  }

  unhandled(error: unknown): void {
    this.#unhandled += 1;
    this.#remember(error);
  }

  /** Takes over the count of a run that is resumed. */
  resume(past: Pick<ScenarioErrors, 'count' | 'unhandled' | 'messages'>, iterations: number): void {
    this.#iterations += iterations;
    this.#count += past.count;
    this.#unhandled += past.unhandled;
    for (const message of past.messages) this.#messages.add(message);
  }

  /**
   * Whether going on cannot help: more iterations have failed than may in all, or nothing has worked for long.
   *
   * @param planned Iterations of the whole run; `null` when a time is planned.
   */
  isHopeless(errorRate: number, planned: number | null): boolean {
    if (this.#inARow >= HOPELESS_IN_A_ROW) return true;
    return planned !== null && this.#count > Math.max(3, errorRate * planned);
  }

  /** Sentence for a run that was given up. */
  describe(): string {
    const [first] = this.#messages;
    return `${String(this.#count)} of ${String(this.#iterations)} iterations failed${first === undefined ? '' : `: ${first}`}`;
  }

  get injected(): number {
    return this.#injected;
  }

  summary(): ScenarioErrors {
    return {
      count: this.#count,
      rate: this.#iterations === 0 ? 0 : this.#count / this.#iterations,
      unhandled: this.#unhandled,
      messages: [...this.#messages],
    };
  }

  #remember(error: unknown): void {
    if (this.#messages.size >= MAX_MESSAGES) return;
    const text = messageOf(error);
    this.#messages.add(redactText(text).slice(0, MAX_LENGTH));
  }
}
