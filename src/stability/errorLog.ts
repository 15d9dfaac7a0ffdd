import { stripVTControlCharacters } from 'node:util';
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

/** What became of the iterations of one phase. */
interface Tally {
  iterations: number;
  /** Those that failed and had not been told to. */
  failed: number;
  injected: number;
  readonly messages: Set<string>;
}

/**
 * Counts what iterations throw and keeps the first few different messages: bounded, however many fail. The warm-up is counted apart, so
 * that it makes errors neither more nor fewer, but it can end the run.
 */
export class ErrorLog {
  readonly #plan: Plan;
  readonly #warmUp = emptyTally();
  readonly #measured = emptyTally();
  #phase = this.#warmUp;
  #unhandled = 0;
  #inARow = 0;
  #failingSinceMs = 0;
  #hasWorked = false;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** The warm-up is over. */
  startMeasuring(): void {
    this.#phase = this.#measured;
  }

  succeeded(): void {
    this.#phase.iterations += 1;
    this.#inARow = 0;
    this.#hasWorked = true;
  }

  /** @param injected Whether the iteration had been told to fail: then it counts apart. */
  failed(error: unknown, injected: boolean, nowMs: number): void {
    this.#phase.iterations += 1;
    if (injected) {
      this.#phase.injected += 1;
      return;
    }
    this.#phase.failed += 1;
    if (this.#inARow === 0) this.#failingSinceMs = nowMs;
    this.#inARow += 1;
    remember(this.#phase, error);
  }

  /** Of no iteration, and so of no phase. */
  unhandled(error: unknown): void {
    this.#unhandled += 1;
    remember(this.#measured, error);
  }

  /** Takes over the count of a run that is resumed. */
  resume(past: Pick<ScenarioErrors, 'count' | 'unhandled' | 'messages'>, iterations: number): void {
    this.#measured.iterations += iterations;
    this.#measured.failed += past.count;
    this.#hasWorked = iterations > past.count;
    this.#unhandled += past.unhandled;
    for (const message of past.messages) this.#measured.messages.add(message);
  }

  /**
   * Whether going on cannot help: more iterations of one phase have failed than may of those measured, nothing has ever worked, or nothing
   * any more for long.
   */
  isHopeless(nowMs: number): boolean {
    const { iterations, durationMs, concurrency, criteria } = this.#plan;
    const { errorRate } = criteria;
    const hasTooMany = (tally: Tally): boolean => tally.failed > Math.max(3, errorRate * Math.max(iterations ?? 0, tally.iterations));
    if (iterations !== null && (hasTooMany(this.#warmUp) || hasTooMany(this.#measured))) return true;
    if (this.#inARow < HOPELESS_IN_A_ROW * concurrency) return false;
    // Of a run by time, as much may be lost as of the iterations.
    return !this.#hasWorked || nowMs - this.#failingSinceMs >= Math.max(LONGEST_OUTAGE_MS, errorRate * (durationMs ?? 0));
  }

  /** Sentence for a run that was given up. */
  describe(): string {
    const tally = this.#phase.failed > 0 ? this.#phase : this.#measured;
    const which = tally === this.#warmUp ? 'iterations of the warm-up' : 'iterations';
    return `${String(tally.failed)} of ${String(tally.iterations)} ${which} failed${firstMessage(tally)}`;
  }

  /** Iterations of this phase, the warm-up or the measuring, that failed and had not been told to. */
  get count(): number {
    return this.#phase.failed;
  }

  /** Sentences: what failed and is not among the errors. */
  notes(): readonly string[] {
    const { injected } = this.#measured;
    // Where the warm-up was all there was, the reason tells of it.
    const failed = this.#phase === this.#warmUp ? 0 : this.#warmUp.failed;
    return [
      ...(injected === 0 ? [] : [`${String(injected)} iterations failed because they were told to`]),
      ...(failed === 0 ? [] : [`in the warm-up, which does not count, ${String(failed)} iterations failed${firstMessage(this.#warmUp)}`]),
    ];
  }

  /** Of the iterations measured. In the warm-up with its messages, for they may be all there will be. */
  summary(): ScenarioErrors {
    const { iterations, failed, messages } = this.#measured;
    const known = new Set(this.#phase === this.#warmUp ? [...messages, ...this.#warmUp.messages] : messages);
    return {
      count: failed,
      rate: iterations === 0 ? 0 : failed / iterations,
      unhandled: this.#unhandled,
      messages: [...known].slice(0, MAX_MESSAGES),
    };
  }
}

function emptyTally(): Tally {
  return { iterations: 0, failed: 0, injected: 0, messages: new Set() };
}

function remember({ messages }: Tally, error: unknown): void {
  // Playwright's logs of what it tried are coloured.
  if (messages.size < MAX_MESSAGES) messages.add(redactText(stripVTControlCharacters(messageOf(error))).slice(0, MAX_LENGTH));
}

function firstMessage({ messages }: Tally): string {
  const [first] = messages;
  return first === undefined ? '' : `: ${first}`;
}
