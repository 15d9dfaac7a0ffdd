import { messageOf } from '../core/messageOf.ts';
import { redactText } from '../core/redact.ts';
import type { ScenarioErrors } from '../core/scenario.ts';
import type { RunPlan } from './runPlan.ts';

/** What decides when a run is given up. */
type Plan = Pick<RunPlan, 'iterations' | 'durationMs' | 'concurrency' | 'criteria'>;

const MAX_MESSAGES = 5;
const MAX_LENGTH = 500;

/** Iterations in a row, of each that run at the same time, that must fail before a run is given up. */
const HOPELESS_IN_A_ROW = 20;

/** Where something has worked before, it must also have failed for so long: a server restarts within minutes. */
const LONGEST_OUTAGE_MS = 300_000;

/** Counts what iterations throw and keeps the first few different messages: bounded, however many fail. */
export class ErrorLog {
  readonly #plan: Plan;
  #iterations = 0;
  #count = 0;
  #injected = 0;
  #unhandled = 0;
  #inARow = 0;
  #failingSinceMs = 0;
  #hasWorked = false;
  readonly #messages = new Set<string>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  succeeded(): void {
    this.#iterations += 1;
    this.#inARow = 0;
    this.#hasWorked = true;
  }

  /** @param injected Whether the iteration had been told to fail: then it counts apart. */
  failed(error: unknown, injected: boolean, nowMs: number): void {
    this.#iterations += 1;
    if (injected) {
      this.#injected += 1;
      return;
    }
    this.#count += 1;
    if (this.#inARow === 0) this.#failingSinceMs = nowMs;
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
    this.#hasWorked = iterations > past.count;
    this.#unhandled += past.unhandled;
    for (const message of past.messages) this.#messages.add(message);
  }

  /** Whether going on cannot help: more iterations have failed than may in all, nothing has ever worked, or nothing any more for long. */
  isHopeless(nowMs: number): boolean {
    const { iterations, durationMs, concurrency, criteria } = this.#plan;
    const { errorRate } = criteria;
    if (iterations !== null && this.#count > Math.max(3, errorRate * Math.max(iterations, this.#iterations))) return true;
    if (this.#inARow < HOPELESS_IN_A_ROW * concurrency) return false;
    // Of a run by time, as much may be lost as of the iterations.
    return !this.#hasWorked || nowMs - this.#failingSinceMs >= Math.max(LONGEST_OUTAGE_MS, errorRate * (durationMs ?? 0));
  }

  /** Sentence for a run that was given up. */
  describe(): string {
    const [first] = this.#messages;
    return `${String(this.#count)} of ${String(this.#iterations)} iterations failed${first === undefined ? '' : `: ${first}`}`;
  }

  /** Iterations that failed and had not been told to. */
  get count(): number {
    return this.#count;
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
