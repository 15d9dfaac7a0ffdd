import type { ReportBaseline } from './report.ts';
import { plural } from './wording.ts';

/** What to do about known leaks that are gone: a sentence, `null` when there are none. */
export function describeGone({ gone }: Pick<ReportBaseline, 'gone'>): string | null {
  if (gone.length === 0) return null;
  const all = gone.filter(({ found }) => found === 0).length;
  const fewer = gone.length - all;
  const sentences = [
    ...(all > 0 ? [`${plural(all, 'known leak')} ${all === 1 ? 'is' : 'are'} gone`] : []),
    ...(fewer > 0 ? [`of ${plural(fewer, 'known leak')} fewer are left`] : []),
  ];
  return `${sentences.join(', ')}: npx leak baseline --prune`;
}
