/**
 * What has the same key, in lists; keys and lists in the order of the items. `Map.groupBy` of Node 21 and later.
 *
 * @example groupBy([1, 2, 3], (n) => n % 2 === 0) // Map { false => [1, 3], true => [2] }
 */
export function groupBy<Item, Key>(items: Iterable<Item>, keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) appendTo(groups, keyOf(item), item);
  return groups;
}

/** Adds to the list of a key, which is begun if need be. */
export function appendTo<Key, Item>(groups: Map<Key, Item[]>, key: Key, item: Item): void {
  const list = groups.get(key);
  if (list === undefined) groups.set(key, [item]);
  else list.push(item);
}
