import { codeFrameColumns } from '@babel/code-frame';
import type { Location } from '../core/stack.ts';

const MAX_LINE = 300;
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * The line a location points at, some before and after, with a caret below the column. The empty text when there is nothing sensible
 * to show: the source is not there, has changed and lost that line, or is minified.
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
  const start = { line: location.line, column: Math.min(location.column, line.length + 1) };
  // Colours need what comes before, where a comment may have begun; without them the rest of the file would only cost time.
  const options = { linesAbove: around, linesBelow: around, highlightCode: color, forceColor: color, startLine: color ? 1 : from + 1 };
  return codeFrameColumns((color ? lines : shown).join('\n').replace(UNSAFE, '\ufffd'), { start }, options);
}
