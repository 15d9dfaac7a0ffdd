const PREFIX = '#finding-';

/** What a link to a finding ends in. */
export function linkTo(id: string): string {
  return `${PREFIX}${encodeURIComponent(id)}`;
}

/** The finding a location's hash names; `null` for any other hash. */
export function findingIn(hash: string): string | null {
  if (!hash.startsWith(PREFIX)) return null;
  try {
    return decodeURIComponent(hash.slice(PREFIX.length));
  } catch {
    // Half an escape: a link that was cut.
    return null;
  }
}
