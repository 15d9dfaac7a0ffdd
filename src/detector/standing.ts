import type { FoldedResource } from '../core/fold.ts';
import type { Resource, Standing } from '../core/resource.ts';
import type { Frame } from '../core/stack.ts';

/** Playwright's own resources are reported only through what the user's code opened with them; pooled ones never. */
export function isAccusable({ root }: FoldedResource): boolean {
  return root.opener !== 'playwright' && root.standing !== 'pooled';
}

/** Whether it is told of while its test goes on. A tracked object is not: it is due when the test has ended, and collected for that. */
export function isHeld(folded: FoldedResource): boolean {
  return isAccusable(folded) && folded.root.standing === 'counts' && folded.root.kind !== 'object';
}

/**
 * A resource's standing, with one thing the probes cannot know: what a module opened while it was being loaded lives as long as
 * the module does, which is as long as the process. It is a leak only if it keeps coming.
 *
 * @param running Files of the modules that were being loaded when the watch began: what they open from then on is what it is about.
 */
export function standingOf(resource: Resource, running: ReadonlySet<string>): Standing {
  if (resource.standing !== 'counts') return resource.standing;
  return loadedIn(resource.stack).some((file) => !running.has(file)) ? 'shared' : 'counts';
}

/** The files that Node was loading as modules at the moment of this stack; the loader's own work has its file. */
export function loadedIn(stack: readonly Frame[]): string[] {
  return stack.flatMap((frame, index) => {
    const caller = stack[index + 1];
    if (isLoader(frame)) return index === 0 ? [frame.file] : [];
    return caller !== undefined && isLoader(caller) ? [frame.file] : [];
  });
}

function isLoader(frame: Frame): boolean {
  return frame.file.startsWith('node:internal/modules/');
}

/**
 * Whether its going by itself after the test means that somebody closed it late. Not of what nobody recorded the opening of (Node
 * looked into a package.json, or the like), nor of an object, which goes when the collector comes, nor of an accepted connection,
 * which goes when its other end does.
 */
export function canBeLate({ kind, opener, evidence }: Resource): boolean {
  return opener !== 'unknown' && kind !== 'object' && evidence['accepted'] !== true;
}
