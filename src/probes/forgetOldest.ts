/** Keeps a map from growing beyond `most` entries: the one that was added first is forgotten. To be called after each addition. */
export function forgetOldest<Key>(map: Map<Key, unknown>, most: number, forget: (key: Key) => unknown = (key) => map.delete(key)): void {
  const oldest = map.keys().next();
  if (map.size > most && oldest.done !== true) forget(oldest.value);
}
