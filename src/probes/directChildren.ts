import type { Resource, ResourceKey } from '../core/resource.ts';
import { openerOf } from '../core/stack.ts';
import type { Openings } from './openings.ts';
import type { Availability, Closer, ResourceProbe } from './probe.ts';
import { tolerant } from './procfs.ts';

/**
 * Processes where there is no /proc: the direct children this process started itself, alive as long as a signal could be sent
 * to them. Neither what is below them nor orphans can be seen, and a pid has no start time to tell it from its successor.
 */
export class DirectChildrenProbe implements ResourceProbe {
  readonly name = 'processes';
  readonly #openings: Openings;
  readonly #problem: string;

  constructor(openings: Openings, problem: string) {
    this.#openings = openings;
    this.#problem = problem;
  }

  availability(): Availability {
    return { available: true };
  }

  start(): void {
    // Nothing to install.
  }

  stop(): void {
    // Nothing was installed.
  }

  browserPids(): null {
    return null;
  }

  read(): ReadonlySet<ResourceKey> {
    const keys = new Set<ResourceKey>();
    for (const pid of this.#openings.children()) {
      if (!this.#openings.isPlaywrightChild(pid) && isAlive(pid)) keys.add(`process:${String(pid)}:0`);
    }
    return keys;
  }

  stillOpen(keys: readonly ResourceKey[]): ReadonlySet<ResourceKey> {
    const open = this.read();
    return new Set(keys.filter((key) => open.has(key)));
  }

  closedBy(key: ResourceKey): Closer {
    return this.#openings.wasKilled?.(Number(key.split(':')[1])) === true ? 'own' : undefined;
  }

  describe(keys: readonly ResourceKey[]): readonly Resource[] {
    return [...this.stillOpen(keys)].map((key) => {
      const pid = Number.parseInt(key.slice('process:'.length), 10);
      const child = this.#openings.child(pid);
      const stack = child?.stack ?? [];
      return {
        key,
        kind: 'process',
        type: 'child',
        label: `process ${String(pid)}`,
        opener: openerOf(stack),
        standing: child?.unreferenced === true && child.hasPipes === true ? 'pooled' : 'counts',
        stack,
        evidence: { pid, limits: `only direct children can be seen: ${this.#problem}` },
        owns: child?.handleKeys ?? [],
      };
    });
  }
}

function isAlive(pid: number): boolean {
  return tolerant(() => process.kill(pid, 0)) === true;
}
