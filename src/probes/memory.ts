import { getHeapCodeStatistics, getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { readText } from './procfs.ts';

/** Memory of this process as the operating system sees it, in bytes. */
export interface ResidentMemory {
  /** All of it, V8's heap with the room it keeps in reserve included. */
  readonly rssBytes: number;
  /**
   * Without V8's heap: buffers, and what native code and the runtime allocated. V8 keeps pages for garbage to come, by its own rules, so
   * the whole grows and shrinks by tens of megabytes that nobody leaks.
   */
  readonly nativeBytes: number;
}

/** `undefined` where /proc is not Linux's. About 15 µs. */
export function readResidentMemory(): ResidentMemory | undefined {
  const kilobytes = readStatus('self');
  if (kilobytes === undefined) return undefined;
  const rssBytes = kilobytes.rss * 1024;
  return { rssBytes, nativeBytes: rssBytes - getHeapStatistics().total_physical_size };
}

/**
 * Memory that these processes hold themselves: what is private to each and what they share with each other, files mapped from disk left
 * out, since the kernel keeps or drops those as it likes. What two of them share counts once in each. Some 40 µs a process, where the
 * kernel's proportional figure (`smaps_rollup`) takes ten milliseconds.
 *
 * @returns `undefined` when none of them can be read.
 */
export function readPrivateBytes(pids: readonly number[]): number | undefined {
  const sizes = pids.flatMap((pid) => readStatus(String(pid)) ?? []);
  return sizes.length === 0 ? undefined : sizes.reduce((sum, { anonymous, shared }) => sum + anonymous + shared, 0) * 1024;
}

/** Resident sizes in kilobytes, from proc_pid_status(5). A zombie has none. */
function readStatus(pid: string): { readonly rss: number; readonly anonymous: number; readonly shared: number } | undefined {
  const text = readText(`/proc/${pid}/status`) ?? '';
  const [rss, anonymous, shared] = ['VmRSS', 'RssAnon', 'RssShmem'].map((name) => {
    const match = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text);
    return match === null ? undefined : Number(match[1]);
  });
  return rss === undefined || anonymous === undefined || shared === undefined ? undefined : { rss, anonymous, shared };
}

/**
 * What V8 keeps for each byte of machine code without counting it: feedback, literals for deoptimizing, lists of what depends on a hidden
 * class. While 1,200 contexts were opened and closed, the heap grew by 0.54 (Node 20), 0.74 (22) and 0.58 (24) beside each byte that is
 * counted, and by nothing else; less is taken off, so that no leak is.
 */
const UNCOUNTED = 0.5;

/**
 * Bytes of V8's heap that hold compiled code, bytecode and what belongs to it. They grow by a megabyte while a program warms up over
 * thousands of calls, and shrink when code that is not used any more is flushed: neither is the program's memory.
 */
export class CompiledCode {
  #walked = 0;
  #spaceThen = 0;
  /** V8 clears it with the first collection of the whole heap, which is also when code is flushed: until then there is only more. */
  #unflushed: WeakRef<object> | undefined;

  /** All of it. Walks the heap: 5 ms for 50 MB. */
  exact(): number {
    const { code_and_metadata_size: code, bytecode_and_metadata_size: bytecode } = getHeapCodeStatistics();
    this.#walked = (1 + UNCOUNTED) * code + bytecode;
    this.#spaceThen = codeSpace();
    this.#unflushed = new WeakRef({});
    return this.#walked;
  }

  /** Not more than there is, and at once unless code may have been flushed since the last walk. */
  atLeast(): number {
    if (this.#unflushed?.deref() === undefined) return this.exact();
    return this.#walked + Math.max(0, codeSpace() - this.#spaceThen);
  }
}

function codeSpace(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'code_space')?.space_used_size ?? 0;
}
