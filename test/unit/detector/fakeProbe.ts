import type { AllowRule } from '../../../src/core/options.ts';
import type { Resource, ResourceKey } from '../../../src/core/resource.ts';
import type { Closer, ResourceProbe } from '../../../src/probes/probe.ts';
import { UnmeasuredHeap, type HeapJudge } from '../../../src/detector/heapJudge.ts';
import { LeakDetector } from '../../../src/detector/detector.ts';
import type { Closure } from '../../../src/detector/accusations.ts';
import { Survey } from '../../../src/detector/survey.ts';
import type { Clock } from '../../../src/detector/settle.ts';

/** A world of resources that the test opens and closes by hand, seen through the probe contract. */
export class FakeProbe implements ResourceProbe {
  readonly name = 'handles';
  readonly resources = new Map<ResourceKey, Resource>();
  readonly closers = new Map<ResourceKey, Closer>();
  readonly ascertained: ResourceKey[] = [];
  fails = false;

  availability() {
    return { available: true } as const;
  }
  start(): void {
    this.resources.clear();
  }
  stop(): void {
    this.resources.clear();
  }
  read(): ReadonlySet<ResourceKey> {
    if (this.fails) throw new Error('the fake world is unreadable');
    return new Set(this.resources.keys());
  }
  stillOpen(keys: readonly ResourceKey[]): ReadonlySet<ResourceKey> {
    return new Set(keys.filter((key) => this.resources.has(key)));
  }
  ascertain(keys: readonly ResourceKey[]): void {
    this.ascertained.push(...keys);
  }
  describe(keys: readonly ResourceKey[]): readonly Resource[] {
    return keys.flatMap((key) => this.resources.get(key) ?? []);
  }
  closedBy(key: ResourceKey): Closer {
    return this.closers.get(key);
  }

  open(key: ResourceKey, line = 1, extra: Partial<Resource> = {}): void {
    this.resources.set(key, resource(key, line, extra));
  }
  close(key: ResourceKey): void {
    this.resources.delete(key);
  }
}

export function resource(key: ResourceKey, line = 1, extra: Partial<Resource> = {}): Resource {
  return {
    key,
    kind: 'handle',
    type: 'server',
    label: '127.0.0.1:80',
    opener: 'user',
    standing: 'counts',
    stack: [{ file: '/suite/a.spec.ts', line, column: 3, function: null }],
    evidence: {},
    owns: [],
    ...extra,
  };
}

/** Time that passes only while somebody sleeps; `at` runs something when that much of it has passed. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #events: { readonly at: number; readonly run: () => void }[] = [];

  now(): number {
    return this.#now;
  }
  async sleep(ms: number): Promise<void> {
    this.#now += ms;
    for (const event of this.#events.splice(0)) {
      if (event.at <= this.#now) event.run();
      else this.#events.push(event);
    }
    await Promise.resolve();
  }
  async turn(): Promise<void> {
    await Promise.resolve();
  }
  at(ms: number, run: () => void): void {
    this.#events.push({ at: this.#now + ms, run });
  }
}

/** A detector over a fake world. */
export function fakeWorld(heap: HeapJudge = new UnmeasuredHeap()) {
  const probe = new FakeProbe();
  const clock = new FakeClock();
  const closures: Closure[] = [];
  const matched: AllowRule[] = [];
  const parts = { survey: new Survey([probe]), heap, clock, idPrefix: '0-', today: () => '2026-11-20' };
  const detector = new LeakDetector({ ...parts, onMatch: (rule) => matched.push(rule) }, (closure) => closures.push(closure));
  return { probe, clock, detector, closures, matched };
}
