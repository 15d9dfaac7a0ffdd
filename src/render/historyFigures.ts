import { formatAmount } from '../core/amount.ts';
import type { BuildFigures, Presence } from '../core/history.ts';
import type { MetricKind } from '../core/metric.ts';

/** What is drawn of a history, on a terminal and in HTML. */
export interface HistoryFigure {
  readonly name: string;
  readonly kind: MetricKind;
  readonly of: (build: BuildFigures) => number | null;
}

export const HISTORY_FIGURES: readonly HistoryFigure[] = [
  { name: 'leaks', kind: 'count', of: (build) => build.leaks },
  { name: 'file descriptors of the fullest worker', kind: 'count', of: (build) => build.fds },
  { name: 'heap of the fullest worker', kind: 'bytes', of: (build) => build.heapBytes },
  { name: 'leak checks, per test', kind: 'milliseconds', of: (build) => build.overheadMs },
];

/** What a build tells of a leak, in words. */
export const PRESENCES: Readonly<Record<Presence, string>> = {
  there: 'there',
  absent: 'looked for, and not there',
  unknown: 'not looked for, allowed, or closed late',
};

/** `24 → 31` over all builds that have the figure; the empty text when none has. */
export function describeCourse({ of, kind }: HistoryFigure, builds: readonly BuildFigures[]): string {
  const values = builds.map(of).filter((value) => value !== null);
  const [first] = values;
  const last = values.at(-1);
  return first === undefined || last === undefined ? '' : `${formatAmount(first, kind)} → ${formatAmount(last, kind)}`;
}
