import type { Leaking, Meter, Reading, ReadingDepth } from '../../../src/stability/meter.ts';
import type { RunClock } from '../../../src/stability/rounds.ts';

/** A clock that stands still but for what iterations and readings say they took. */
export class VirtualClock implements RunClock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  get pending(): number {
    return this.#timers.size;
  }

  pass(ms: number): void {
    this.#now += ms;
    for (const timer of this.#timers) {
      if (timer.at > this.#now) continue;
      this.#timers.delete(timer);
      timer.callback();
    }
  }
}

/** A meter that reads what the test says, and remembers how it was asked. */
export class ScriptedMeter implements Meter {
  readonly depths: ReadingDepth[] = [];
  stopped = 0;
  /** What the run asked for the survivors of. */
  leaking: Leaking | undefined;
  closedMetrics: readonly string[] = [];
  readonly #read: (depth: ReadingDepth) => Reading;
  readonly #clock: VirtualClock;
  readonly #costMs: number;

  constructor(clock: VirtualClock, costMs: number, read: (depth: ReadingDepth) => Reading) {
    this.#clock = clock;
    this.#costMs = costMs;
    this.#read = read;
  }

  start(): Promise<Reading> {
    this.#clock.pass(this.#costMs);
    return Promise.resolve(this.#read({ memory: 'live', final: false }));
  }

  read(depth: ReadingDepth): Promise<Reading> {
    this.depths.push(depth);
    if (depth.memory === 'live') this.#clock.pass(this.#costMs);
    return Promise.resolve(this.#read(depth));
  }

  survivors(leaking: Leaking): Promise<readonly []> {
    this.leaking = leaking;
    return Promise.resolve([]);
  }

  zombies(): number {
    return 0;
  }

  closed(): readonly string[] {
    return this.closedMetrics;
  }

  notes(): readonly string[] {
    return [];
  }

  stop(): Promise<void> {
    this.stopped += 1;
    return Promise.resolve();
  }
}
