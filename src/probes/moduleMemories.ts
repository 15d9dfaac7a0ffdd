import { callerOf, formatPlace, isLibraryFrame } from '../core/stack.ts';
import { captureStack, type CapturedStack } from './captureStack.ts';
import { patch } from './patch.ts';
import type { Availability, ModuleMemories } from './probe.ts';

/** In how many looks memories from one place must have turned up before "made once and kept" is no explanation any more. */
const LOOKS_UNTIL_GROWTH = 3;

/** For how many looks a start that was begun may still be about to end: one that fails never says so here. */
const LOOKS_TO_START = 2;

/** Starts under way that are remembered; the oldest are forgotten. */
const MAX_STARTING = 100;

/** Memories of one place that were made since the last look, from which on those that are gone are forgotten before it. */
const MANY = 100;

/** A start that was begun, and by whom; `null` where that is not a library. */
interface Start {
  readonly place: string | null;
  readonly look: number;
}

/** Those that live of one place. */
interface Group {
  /** Made since the last look. */
  fresh: WeakRef<WebAssembly.Memory>[];
  /** Length of `fresh` at which it is looked through. */
  many: number;
  /** Seen at a look, each with its size at the first. */
  readonly seen: Map<WeakRef<WebAssembly.Memory>, { readonly bytes: number; readonly look: number }>;
}

/**
 * The memories of WebAssembly modules that libraries have started, by the place that did. A library does so once and keeps it, when it is
 * loaded, without anybody who could await it, or when it is first used: a memory of many megabytes, of which no collection frees anything and
 * the sampling profiler knows nothing. What the suite's own code starts is its own to keep or to drop, and not looked at.
 */
export function createModuleMemories(): ModuleMemories {
  const groups = new Map<string, Group>();
  const known = new WeakSet<WebAssembly.Memory>();
  const starting = new Set<Start>();
  let unpatch: (() => void)[] = [];
  let looks = 0;

  const begin = (): Start => ({ place: placeOf(captureStack(begin)), look: looks });
  const beginLater = (): Start => {
    const start = { place: placeOf(captureStack(beginLater)), look: looks };
    if (start.place === null) return start;
    starting.add(start);
    const [oldest] = starting;
    if (oldest !== undefined && starting.size > MAX_STARTING) starting.delete(oldest);
    return start;
  };
  const end = (start: Start, made: unknown): void => {
    starting.delete(start);
    const memories = memoriesOf(made).filter((memory) => !known.has(memory));
    for (const memory of memories) known.add(memory);
    if (start.place === null || memories.length === 0) return;
    const group: Group = groups.get(start.place) ?? { fresh: [], many: MANY, seen: new Map() };
    groups.set(start.place, group);
    for (const memory of memories) group.fresh.push(new WeakRef(memory));
    // Between two looks there may be a soak of days.
    if (group.fresh.length < group.many) return;
    group.fresh = group.fresh.filter((ref) => ref.deref() !== undefined);
    group.many = Math.max(MANY, 2 * group.fresh.length);
  };

  return {
    name: 'module memories',
    availability: (): Availability => ({ available: true }),
    start: () => {
      if (unpatch.length > 0) return;
      for (const name of ['instantiate', 'instantiateStreaming'])
        unpatch.push(patch(WebAssembly, name, { before: beginLater, resolved: end }));
      for (const name of ['Instance', 'Memory']) unpatch.push(patch(WebAssembly, name, { before: begin, after: end }));
    },
    stop: () => {
      for (const undo of unpatch) undo();
      unpatch = [];
      groups.clear();
      starting.clear();
    },
    isStarting: () => {
      for (const start of starting) if (looks - start.look > LOOKS_TO_START) starting.delete(start);
      return starting.size > 0;
    },
    heldBytes: () => {
      looks += 1;
      let bytes = 0;
      for (const [place, group] of groups) {
        for (const ref of group.seen.keys()) if (ref.deref() === undefined) group.seen.delete(ref);
        const earlier = new Set([...group.seen.values()].map(({ look }) => look)).size;
        for (const ref of group.fresh.splice(0)) {
          const memory = ref.deref();
          if (memory === undefined) continue;
          group.seen.set(ref, { bytes: earlier + 1 < LOOKS_UNTIL_GROWTH ? memory.buffer.byteLength : 0, look: looks });
        }
        for (const memory of group.seen.values()) bytes += memory.bytes;
        if (group.seen.size === 0) groups.delete(place);
      }
      return bytes;
    },
  };
}

function placeOf(stack: CapturedStack): string | null {
  const maker = callerOf(stack.frames());
  return maker !== undefined && isLibraryFrame(maker) ? formatPlace(maker) : null;
}

/** Of a memory, an instance, or what `instantiate` resolves with. */
function memoriesOf(made: unknown): WebAssembly.Memory[] {
  if (made instanceof WebAssembly.Memory) return [made];
  if (made instanceof WebAssembly.Instance) return Object.values(made.exports).filter((value) => value instanceof WebAssembly.Memory);
  return typeof made === 'object' && made !== null && 'instance' in made ? memoriesOf(made.instance) : [];
}
