import { formatAmount } from '../core/amount.ts';
import type { BaselineChange, BaselinePlan } from '../core/baselinePlan.ts';
import { describeBudget } from '../core/budgets.ts';
import type { BudgetChange } from '../core/ratchet.ts';
import { plural, times } from '../core/wording.ts';
import { plainText } from './plainText.ts';

const MAX_LISTED = 30;

/** What `leak baseline` did, or found that there is to do. Ends in a newline. */
export function renderBaselinePlan(
  { next, changes, left, budgets }: BaselinePlan,
  file: string,
  state: 'written' | 'changed' | 'unchanged',
): string {
  const { size } = next.leaks;
  const lines = [
    `leak baseline · ${plainText(file, 500)} ${state}: ${size === 0 ? 'no known leaks' : plural(size, 'known leak')}`,
    ...listed(changes),
    ...budgets.changes.map(budgetLine),
  ];
  if (left.length > 0) lines.push('Gone, or fewer now:', ...listed(left), 'npx leak baseline --prune takes them out.');
  if (state === 'changed' && size === 0 && next.budgets.size === 0) lines.push('It knows no leak any more and can be deleted.');
  return `${lines.join('\n')}\n`;
}

/** Why `leak baseline` refuses to take in what a run shows, with what that is. Ends in a newline. */
export function renderRefusal({ refused, budgets: { broken } }: Pick<BaselinePlan, 'refused' | 'budgets'>, file: string): string {
  const name = plainText(file, 500);
  const them = refused.length + broken.length === 1 ? 'it' : 'them';
  const lines: string[] = [];
  if (refused.length > 0) {
    lines.push(
      `${plural(refused.length, 'leak')} ${refused.length === 1 ? 'is' : 'are'} not in ${name}, or more than it knows:`,
      ...listed(refused),
    );
  }
  if (broken.length > 0) {
    lines.push(`The run is above ${plural(broken.length, 'budget')} of ${name}:`);
    lines.push(
      ...broken.map(({ name: budget, from, to }) => `  ${describeBudget({ name: budget, limit: from ?? 0, actual: to, held: false })}`),
    );
  }
  lines.push(
    `Nothing was written: a baseline does not grow by itself. Mend ${them}, or accept ${them} with ${broken.length === 0 ? '--add' : '--update'}.`,
  );
  return `${lines.join('\n')}\n`;
}

function budgetLine({ name, from, to }: BudgetChange): string {
  const amount = (value: number): string => formatAmount(value, name === 'heapGrowthBytes' ? 'bytes' : 'count');
  return from === null ? `  + budget ${name} ${amount(to)}` : `  ~ budget ${name} ${amount(from)} → ${amount(to)}`;
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
