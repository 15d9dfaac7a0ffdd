/** `1 leak`, `2 leaks`. */
export function plural(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** What is said after a thing that is there more than once: ` (3 times)`; nothing for one. */
export function times(count: number): string {
  return count > 1 ? ` (${String(count)} times)` : '';
}

/** What is said after the first of several: ` and 2 more`; nothing when it was the only one. */
export function andMore(others: number): string {
  return others > 0 ? ` and ${String(others)} more` : '';
}

/** With a capital letter, as a sentence begins. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Names in a list that may be long. */
export function listNames(names: readonly string[]): string {
  const distinct = [...new Set(names)];
  return distinct.slice(0, 3).join(', ') + andMore(distinct.length - 3);
}
