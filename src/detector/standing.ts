import type { FoldedResource } from '../core/fold.ts';
import type { Resource, Standing } from '../core/resource.ts';

/** Playwright's own resources are reported only through what the user's code opened with them; pooled ones never. */
export function isAccusable({ root }: FoldedResource): boolean {
  return root.opener !== 'playwright' && root.standing !== 'pooled';
}

/**
 * A resource's standing, with one thing the probes cannot know: what a module opened while it was being loaded lives as long as
 * the module does, which is as long as the process. It is a leak only if it keeps coming.
 */
export function standingOf(resource: Resource): Standing {
  if (resource.standing !== 'counts') return resource.standing;
  return resource.stack.some((frame) => frame.file.startsWith('node:internal/modules/')) ? 'shared' : 'counts';
}

/**
 * Whether its going by itself after the test means that somebody closed it late. Not of what nobody recorded the opening of (Node
 * looked into a package.json, or the like), nor of an object, which goes when the collector comes, nor of an accepted connection,
 * which goes when its other end does.
 */
export function canBeLate({ kind, opener, evidence }: Resource): boolean {
  return opener !== 'unknown' && kind !== 'object' && evidence['accepted'] !== true;
}
