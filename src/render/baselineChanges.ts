import type { BaselineChange, BaselinePlan } from '../core/baselinePlan.ts';
import { plural } from '../core/gate.ts';
import { plainText } from './plainText.ts';

const MAX_LISTED = 30;

/** What `leak baseline` did, or found that there is to do. Ends in a newline. */
export function renderBaselinePlan(
  { next, changes, left }: BaselinePlan,
  file: string,
  state: 'written' | 'changed' | 'unchanged',
): string {
  const { size } = next.leaks;
  const lines = [
    `leak baseline · ${plainText(file, 500)} ${state}: ${size === 0 ? 'no known leaks' : plural(size, 'known leak')}`,
    ...listed(changes),
  ];
  if (left.length > 0) lines.push('Gone, or fewer now:', ...listed(left), 'npx leak baseline --prune takes them out.');
  if (state === 'changed' && size === 0) lines.push('It knows no leak any more and can be deleted.');
  return `${lines.join('\n')}\n`;
}

/** Why `leak baseline` refuses to take in what a run shows, with what that is. */
export function renderRefusal(refused: readonly BaselineChange[], file: string): string {
  const many = refused.length !== 1;
  const what = `${plural(refused.length, 'leak')} ${many ? 'are' : 'is'} not in ${plainText(file, 500)}, or more than it knows`;
  return `${[`${what}:`, ...listed(refused), `Nothing was written: a baseline does not grow by itself. Mend ${many ? 'them' : 'it'}, or accept ${many ? 'them' : 'it'} with --add.`].join('\n')}\n`;
}

function listed(changes: readonly BaselineChange[]): string[] {
  const lines = changes.slice(0, MAX_LISTED).map(({ leak, from, to }) => {
    const sign = from === 0 ? '+' : to === 0 ? '-' : '~';
    const count = from === 0 ? times(to) : to === 0 ? times(from) : ` (${String(from)} → ${String(to)})`;
    const place = leak.origin === null ? '' : ` · ${leak.origin}`;
    return plainText(`  ${sign} ${leak.kind} · ${leak.summary}${place}${count}`, 300);
  });
  return changes.length > MAX_LISTED ? [...lines, `  and ${String(changes.length - MAX_LISTED)} more`] : lines;
}

function times(count: number): string {
  return count > 1 ? ` (${String(count)} times)` : '';
}
