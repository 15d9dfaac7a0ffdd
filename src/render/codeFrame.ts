import { codeFrameColumns } from '@babel/code-frame';
import { redactCode } from '../core/redact.ts';
import type { Location } from '../core/stack.ts';

const MAX_LINE = 300;
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * The line a location points at, some before and after, with a caret below the column, without secrets. The empty text when there is
 * nothing sensible to show: the source is not there, has changed and lost that line, or is minified.
 *
 * @param lines of the whole file: whoever shows many places of one splits it once
 * @param around lines before and lines after
 */
export function codeFrame(lines: readonly string[] | undefined, location: Location, color: boolean, around = 1): string {
  if (lines === undefined) return '';
  const from = Math.max(0, location.line - 1 - around);
  const shown = lines.slice(from, location.line + around);
  const line = lines[location.line - 1];
  if (line === undefined || line.trim() === '' || shown.some((text) => text.length > MAX_LINE)) return '';
  const safe = shown.map(redactCode);
  const column = movedColumn(line, safe[location.line - 1 - from] ?? '', Math.min(location.column, line.length + 1));
  const start = { line: location.line, column };
  // Colours need what comes before, where a comment may have begun; without them the rest of the file would only cost time.
  const options = { linesAbove: around, linesBelow: around, highlightCode: color, forceColor: color, startLine: color ? 1 : from + 1 };
  const text = [...(color ? lines.slice(0, from) : []), ...safe, ...(color ? lines.slice(from + safe.length) : [])].join('\n');
  return codeFrameColumns(text.replace(UNSAFE, '\ufffd'), { start }, options);
}

/** Where a column lies now that secrets before it were replaced. */
function movedColumn(line: string, safe: string, column: number): number {
  if (line === safe) return column;
  return Math.min(redactCode(line.slice(0, column - 1)).length, safe.length) + 1;
}
