import type { AllocationSite } from '../core/pageGrowth.ts';
import { isObject } from './browserShapes.ts';
import type { PageSession } from './pageSession.ts';
import type { Frame } from '../core/stack.ts';

/** Mean distance of samples in bytes: a leak of 100 kB shows in about six of them. */
const SAMPLING_INTERVAL = 16 * 1024;

/** Sites that are told, the largest ones. */
const MAX_SITES = 3;

/** Has V8 note, from now on, where a page allocates. Costs nothing measurable and nothing on the page's heap. */
export async function watchAllocations(session: PageSession): Promise<void> {
  await session.send('HeapProfiler.startSampling', { samplingInterval: SAMPLING_INTERVAL });
}

/** The functions of the page's scripts that allocated most of what lives and is younger than {@link watchAllocations}. */
export async function allocationSites(session: PageSession): Promise<AllocationSite[]> {
  const answer = await session.send('HeapProfiler.getSamplingProfile');
  const profile: unknown = isObject(answer) ? Reflect.get(answer, 'profile') : undefined;
  const head: unknown = isObject(profile) ? Reflect.get(profile, 'head') : undefined;
  return isNode(head) ? sitesBelow(head) : [];
}

interface ProfileNode {
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
  readonly selfSize: number;
  readonly children: readonly ProfileNode[];
}

/** Bytes by the nearest function that has a file; Playwright's injected code and what a test evaluates have none. */
function sitesBelow(head: ProfileNode): AllocationSite[] {
  const sites = new Map<string, { bytes: number; readonly frame: Frame; readonly stack: readonly Frame[] }>();
  const pending: { readonly node: ProfileNode; readonly callers: readonly Frame[] }[] = [{ node: head, callers: [] }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, callers } = next;
    const stack = node.callFrame.url === '' ? callers : [toFrame(node), ...callers];
    for (const child of node.children) pending.push({ node: child, callers: stack });
    const [frame] = stack;
    if (frame === undefined || node.selfSize === 0) continue;
    const key = `${frame.file}:${String(frame.line)}:${String(frame.column)}`;
    const site = sites.get(key);
    if (site === undefined) sites.set(key, { bytes: node.selfSize, frame, stack });
    else site.bytes += node.selfSize;
  }
  return [...sites.values()].sort((a, b) => b.bytes - a.bytes).slice(0, MAX_SITES);
}

/** The inspector counts from 0, stacks from 1. */
function toFrame({ callFrame: { functionName, url, lineNumber, columnNumber } }: ProfileNode): Frame {
  return { file: url, line: lineNumber + 1, column: columnNumber + 1, function: functionName === '' ? null : functionName };
}

/** V8 sends the tree whole: what its head is, its nodes are. */
function isNode(value: unknown): value is ProfileNode {
  return isObject(value) && ['callFrame', 'selfSize', 'children'].every((name) => name in value);
}
