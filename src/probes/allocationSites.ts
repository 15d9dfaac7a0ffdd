import { Session, url as debuggerUrl, type Runtime } from 'node:inspector';
import { messageOf } from '../core/messageOf.ts';
import { isLibraryFrame, isPlaywrightFrame, isRuntimeFrame, type Frame } from '../core/stack.ts';
import { isOwnFile } from './ownFiles.ts';
import type { AllocationGrowth, AllocationSites, Availability } from './probe.ts';
import { mapToSource } from './sourceMapping.ts';

/** Mean distance of samples in bytes. Coarse, so that it costs nothing measurable: 10 MB are about 20 samples. */
const SAMPLING_INTERVAL = 512 * 1024;

/** V8's sampling profile, with the parts that the type declarations for Node 20 leave out. */
export interface Profile {
  readonly head: ProfileNode;
  readonly samples: readonly { readonly size: number; readonly nodeId: number; readonly ordinal: number }[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: Pick<Runtime.CallFrame, 'functionName' | 'scriptId' | 'url' | 'lineNumber' | 'columnNumber'>;
  readonly children: readonly ProfileNode[];
}

const NO_PROFILE: Profile = {
  head: { id: 0, callFrame: { functionName: '', scriptId: '0', url: '', lineNumber: 0, columnNumber: 0 }, children: [] },
  samples: [],
};

/**
 * Allocation sites by V8's sampling heap profiler, in this process: it notes the stack of every allocation that crosses the sampling
 * interval, and forgets those that are collected. A site is a function: V8 records where it begins, not the line in it.
 *
 * ArrayBuffers are not on the JavaScript heap and leave no sample. Code that stops sampling in this process stops it for all.
 */
export function createAllocationSites(): AllocationSites {
  let session: Session | undefined;
  let unavailable: string | undefined;
  let last = 0;
  const take = (): Profile =>
    (session === undefined ? undefined : attempt(session, 'HeapProfiler.getSamplingProfile')?.profile) ?? NO_PROFILE;
  return {
    name: 'allocation sites',
    availability: (): Availability => (unavailable === undefined ? { available: true } : { available: false, reason: unavailable }),
    start: () => {
      if (session !== undefined) return;
      const opened = new Session();
      try {
        opened.connect();
        post(opened, 'HeapProfiler.startSampling', { samplingInterval: SAMPLING_INTERVAL });
        session = opened;
      } catch (error) {
        opened.disconnect();
        unavailable = `V8's sampling heap profiler could not be started: ${messageOf(error)}`;
      }
    },
    stop: () => {
      if (session !== undefined) attempt(session, 'HeapProfiler.stopSampling');
      session?.disconnect();
      session = undefined;
    },
    sinceLast: () => {
      const profile = take();
      const growth = growthOf(profile, last);
      last = profile.samples.reduce((latest, sample) => Math.max(latest, sample.ordinal), last);
      return growth;
    },
    peek: () => growthOf(take(), last),
    release: () => {
      // While a session is connected, V8 keeps the last thousand messages of the console with all that was passed to it. Whoever debugs
      // this process can look into them.
      if (session !== undefined && debuggerUrl() === undefined) attempt(session, 'Runtime.discardConsoleEntries');
    },
  };
}

interface Answers {
  'HeapProfiler.startSampling': object;
  'HeapProfiler.stopSampling': object;
  'HeapProfiler.getSamplingProfile': { readonly profile: Profile };
  'Runtime.discardConsoleEntries': object;
}

/** In process, the answer comes before `post` returns. */
function post<Method extends keyof Answers>(session: Session, method: Method, params: object = {}): Answers[Method] | undefined {
  const failures: Error[] = [];
  let answer: Answers[Method] | undefined;
  session.post(method, params, (error: Error | null, result?: object) => {
    if (error !== null) failures.push(error);
    answer = result as Answers[Method] | undefined;
  });
  for (const failure of failures) throw failure;
  return answer;
}

/** Whoever else samples in this process (a test of profiling code) stops it for all: then there is nothing to tell any more. */
function attempt<Method extends keyof Answers>(session: Session, method: Method): Answers[Method] | undefined {
  try {
    return post(session, method);
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

interface Site {
  bytes: number;
  readonly path: readonly ProfileNode[];
}

/** Adds up the samples younger than `last`: those taken while a module was loaded, and the rest by function of the user's code. */
export function growthOf(profile: Profile, last: number): AllocationGrowth {
  const bytes = new Map<number, number>();
  for (const sample of profile.samples) {
    if (sample.ordinal > last) bytes.set(sample.nodeId, (bytes.get(sample.nodeId) ?? 0) + sample.size);
  }
  const sites = new Map<string, Site>();
  let moduleBytes = 0;
  let otherBytes = 0;
  for (const path of pathsTo(profile.head, bytes)) {
    const size = bytes.get(path[0]?.id ?? -1) ?? 0;
    if (path.some(({ callFrame }) => callFrame.url.startsWith('node:internal/modules/'))) {
      moduleBytes += size;
      continue;
    }
    otherBytes += size;
    // What Playwright allocates while user code waits in its stack, a source map for instance, is not the user's, nor is what leak does.
    const nearest = path.find((node) => isProgramFrame(toFrame(node)));
    const own = path.find((node) => isUsersFrame(toFrame(node)));
    if (own === undefined || nearest === undefined || isPlaywrightFrame(toFrame(nearest)) || isOwnFile(toFrame(nearest).file)) continue;
    const { scriptId, lineNumber, columnNumber } = own.callFrame;
    const key = [scriptId, lineNumber, columnNumber].join(':');
    const site = sites.get(key);
    if (site === undefined) sites.set(key, { bytes: size, path });
    else site.bytes += size;
  }
  const [largest] = [...sites.values()].sort((a, b) => b.bytes - a.bytes);
  return { moduleBytes, otherBytes, siteBytes: largest?.bytes ?? 0, stack: largest === undefined ? [] : stackOf(largest.path) };
}

/** The paths from the sampled nodes up to the root, nearest frame first. Iterative: a stack may be deeper than ours may get. */
function* pathsTo(head: ProfileNode, wanted: ReadonlyMap<number, number>): Generator<readonly ProfileNode[]> {
  const pending: { readonly node: ProfileNode; readonly above: readonly ProfileNode[] }[] = [{ node: head, above: [] }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const path = [next.node, ...next.above];
    if (wanted.has(next.node.id)) yield path;
    for (const node of next.node.children) pending.push({ node, above: path });
  }
}

function stackOf(path: readonly ProfileNode[]): Frame[] {
  return path.filter(({ callFrame }) => callFrame.url !== '').map((node) => mapToSource(toFrame(node), node.callFrame.url));
}

function isProgramFrame(frame: Frame): boolean {
  return frame.file !== '' && !isRuntimeFrame(frame);
}

function isUsersFrame(frame: Frame): boolean {
  return isProgramFrame(frame) && !isPlaywrightFrame(frame) && !isLibraryFrame(frame) && !isOwnFile(frame.file);
}

/** The inspector counts from 0, stacks from 1. */
function toFrame({ callFrame }: ProfileNode): Frame {
  const { url, functionName, lineNumber, columnNumber } = callFrame;
  const file = url.startsWith('file://') ? decodeURIComponent(new URL(url).pathname) : url;
  return { file, line: lineNumber + 1, column: columnNumber + 1, function: functionName === '' ? null : functionName };
}
