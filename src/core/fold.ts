import type { Resource, ResourceKey } from './resource.ts';

/**
 * One leak, one finding: keeps the resources that no other resource of the same survivors explains, and tells each root what
 * it brought along. A key in `owns` that ends in `:` stands for every key that begins with it.
 *
 * @example A server that owns `fd:12:` takes the socket `fd:12:socket:4711` into its own finding.
 */
export function fold(resources: readonly Resource[]): FoldedResource[] {
  const parents = parentsOf(resources);
  const roots = new Map<ResourceKey, FoldedResource & { readonly parts: Resource[] }>();
  for (const resource of resources) if (!parents.has(resource.key)) roots.set(resource.key, { root: resource, parts: [] });
  for (const resource of resources) {
    if (!parents.has(resource.key)) continue;
    roots.get(rootOf(resource.key, parents))?.parts.push(resource);
  }
  return [...roots.values()];
}

/** A resource that nothing else explains, with the ones that exist only because of it. */
export interface FoldedResource {
  readonly root: Resource;
  readonly parts: readonly Resource[];
}

function parentsOf(resources: readonly Resource[]): Map<ResourceKey, ResourceKey> {
  const owners = new Map<string, ResourceKey>();
  for (const resource of resources) for (const owned of resource.owns) owners.set(owned, resource.key);
  const parents = new Map<ResourceKey, ResourceKey>();
  for (const { key } of resources) {
    const parent = ownerOf(key, owners);
    // Two resources that claim each other would both vanish: the claim that closes the circle is not heard.
    if (parent !== undefined && rootOf(parent, parents) !== key) parents.set(key, parent);
  }
  return parents;
}

function ownerOf(key: ResourceKey, owners: ReadonlyMap<string, ResourceKey>): ResourceKey | undefined {
  const exact = owners.get(key);
  if (exact !== undefined) return exact;
  for (let end = key.indexOf(':'); end !== -1; end = key.indexOf(':', end + 1)) {
    const owner = owners.get(key.slice(0, end + 1));
    if (owner !== undefined) return owner;
  }
  return undefined;
}

function rootOf(key: ResourceKey, parents: ReadonlyMap<ResourceKey, ResourceKey>): ResourceKey {
  let root = key;
  for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent;
  return root;
}
