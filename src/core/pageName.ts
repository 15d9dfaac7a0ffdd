const MAX_LENGTH = 40;

/**
 * Short names for pages, in order: the last part of the path or, without one, the host, without port and parameters. Names that come
 * again are numbered from the second one on. What stands there says which page it is, in the names of its metrics.
 *
 * @example pageNames(['http://127.0.0.1:4000/shop.html?token=x', 'about:blank', 'about:blank']) // ['shop.html', 'blank', 'blank2']
 */
export function pageNames(urls: readonly string[]): string[] {
  const taken = new Set<string>();
  return urls.map((url) => {
    const base = baseOf(url);
    let name = base;
    for (let number = 2; taken.has(name); number += 1) name = `${base}${String(number)}`;
    taken.add(name);
    return name;
  });
}

function baseOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  // The path of a `data:` URL is its content.
  if (parsed === undefined || parsed.protocol === 'data:' || parsed.protocol === 'blob:') return 'page';
  const last = parsed.pathname.split('/').findLast((part) => part !== '' && !isIdentifier(part)) ?? parsed.hostname;
  const name = last.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^-+|-+$/g, '');
  return name === '' ? 'page' : name.slice(0, MAX_LENGTH);
}

/** What differs from run to run, and may be a secret: numbers, UUIDs, tokens. */
function isIdentifier(part: string): boolean {
  return /^[\d-]+$/.test(part) || (part.length >= 16 && /\d/.test(part) && !part.includes('.'));
}
