/** What may hold `//` or a quote without its being one: strings, templates and regular expressions, which go before comments. */
const TOKEN = new RegExp(
  [
    /"[^"\\\n]*(?:\\[^][^"\\\n]*)*"/,
    /'[^'\\\n]*(?:\\[^][^'\\\n]*)*'/,
    /`[^`\\]*(?:\\[^][^`\\]*)*`/,
    // A slash divides unless it stands where a value begins.
    /\/(?<=(?:^|[([{,;:=!&|?+*%~^<>-]|\breturn)\s*\/)(?![*/])[^/\\[\n]*(?:(?:\\.|\[[^\]\\\n]*(?:\\.[^\]\\\n]*)*\])[^/\\[\n]*)*\//,
    /\/\/[^\n]*/,
    /\/\*[^]*?(?:\*\/|$)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/**
 * The source of a JavaScript or TypeScript file with a space for each of its comments. It knows tokens and no grammar, which is enough to
 * ask what a file names.
 *
 * @example withoutComments("open('http://a'); // 'leak'") // "open('http://a');  "
 */
export function withoutComments(source: string): string {
  return source.replace(TOKEN, (token) => (/^\/[/*]/.test(token) ? ' ' : token));
}
