/**
 * What is wrong with a text that should be JSON and was perhaps edited by hand, with its line.
 *
 * @example jsonProblem('{"a": 1,}') // 'line 1 is not JSON ({"a": 1,})'
 */
export function jsonProblem(source: string): string {
  if (source.trim() === '') return 'it is empty';
  const lines = source.split(/\r?\n/);
  const conflict = lines.findIndex((line) => CONFLICT.test(line));
  if (conflict >= 0) return `line ${String(conflict + 1)} has a merge-conflict marker (${shorten(lines[conflict] ?? '')})`;
  if (!/^\s*[{[]/.test(source)) return 'it is no JSON';
  const line = firstWrongLine(lines);
  return line === null
    ? 'it is cut off: the end of the JSON is missing'
    : `line ${String(line)} is not JSON (${shorten(lines[line - 1] ?? '')})`;
}

/** Git's markers, of both styles. */
const CONFLICT = /^(?:<{7}|>{7}|\|{7}) |^(?:<{7}|={7}|>{7}|\|{7})$/;

/** V8 does not tell the position of every error; but as long as only the end is missing, the lines so far are right. */
function firstWrongLine(lines: readonly string[]): number | null {
  if (mayContinue(lines.join('\n').trimEnd())) return null;
  let right = 0;
  let wrong = lines.length;
  while (wrong - right > 1) {
    const middle = (right + wrong) >> 1;
    if (mayContinue(`${lines.slice(0, middle).join('\n')}\n`)) right = middle;
    else wrong = middle;
  }
  return wrong;
}

/** Whether a text is the beginning of JSON: nothing is wrong before its end. */
function mayContinue(beginning: string): boolean {
  try {
    JSON.parse(beginning);
    return true;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const position = /at position (\d+)/.exec(message)?.[1];
    return position === undefined ? message.includes('end of JSON') : Number(position) >= beginning.length;
  }
}

const MAX_SHOWN = 60;

/** Without what could change a terminal. */
function shorten(line: string): string {
  const text = line.trim().replace(/[\p{Cc}\p{Cf}]/gu, '?');
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
