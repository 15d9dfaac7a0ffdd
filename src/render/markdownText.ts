/*
 * In what is copied to Markdown, text of others stands in code: there no emoji, mention or formula is made of it. A code element is safe in
 * a table too, where a code span would end at a `|`.
 */

/** Punctuation that means something to Markdown or HTML, and what makes a link of an address. */
const MARKUP = /[!"#$&*<>@[\\\]^_`{|}~]|:(?=\/\/)|(?<=\bwww)\./gi;

/**
 * A text as code in a line, a heading or a table of Markdown. Its control characters must be out already (`plainText`).
 *
 * @example inlineCode('a|b') // '<code>a&#124;b</code>'
 */
export function inlineCode(text: string): string {
  return `<code>${text.replace(MARKUP, (character) => `&#${String(character.charCodeAt(0))};`)}</code>`;
}

/** Lines as a block of code that nothing in them ends. */
export function codeBlock(lines: readonly string[]): string {
  const text = lines.join('\n');
  const longest = (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 0);
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}text\n${text}\n${fence}\n`;
}
