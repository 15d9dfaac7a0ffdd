/* Everything a terminal could take for a command, and everything that changes the direction or the place of what follows. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
/* Without the other half of its pair. */
const LONE = /\p{Surrogate}/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text of others (titles, paths, command lines) made harmless and short: control and direction characters and halves of surrogate pairs,
 * which no UTF-8 can hold, become visible escapes (`\n`, `\x1b`, `\u202e`), and what is longer than `limit` characters ends in `…`.
 *
 * @example plainText('a\u001b[31mb') // 'a\\x1b[31mb'
 */
export function plainText(text: string, limit = 200): string {
  const short = shorten(text.slice(0, limit * 2 + 2), limit + 1);
  return shorten(short.replace(UNSAFE, escape).replace(LONE, escape), limit);
}

/** Cuts a text to `limit` code points, the last of them `…` when something was cut. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const points = Array.from(text);
  return points.length <= limit ? text : `${points.slice(0, Math.max(0, limit - 1)).join('')}…`;
}

function escape(character: string): string {
  const code = character.charCodeAt(0);
  return NAMED[character] ?? (code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`);
}
