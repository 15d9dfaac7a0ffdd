import { codeFrameColumns } from '@babel/code-frame';
import type { Location } from '../core/stack.ts';

const MAX_LINE = 300;
const MAX_SOURCE = 1_000_000;
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * The line a location points at, one before and one after, with a caret below the column. The empty text when there is nothing sensible
 * to show: the source is not there, has changed and lost that line, or is minified.
 */
export function codeFrame(source: string | undefined, location: Location, color: boolean): string {
  if (source === undefined || source.length > MAX_SOURCE) return '';
  const lines = source.split(/\r?\n/);
  const shown = lines.slice(Math.max(0, location.line - 2), location.line + 1);
  const line = lines[location.line - 1];
  if (line === undefined || line.trim() === '' || shown.some((text) => text.length > MAX_LINE)) return '';
  const start = { line: location.line, column: Math.min(location.column, line.length + 1) };
  return codeFrameColumns(
    source.replace(UNSAFE, '\ufffd'),
    { start },
    { linesAbove: 1, linesBelow: 1, highlightCode: color, forceColor: color },
  );
}
