import { formatAmount } from '../../core/amount.ts';
import type { SoakPlan } from '../../core/soakPlan.ts';
import { formatTime } from '../../render/soakView.ts';

/** The plan in one line: `leak soak · 72 h of each scenario · 100 at a time · seed 7 · journals in leak-report/soak`. */
export function describePlan(plan: SoakPlan, directory: string): string {
  const { iterations, durationMs, concurrency, errorRate, seed, sampleEveryMs, fdLimit, memoryLimitBytes, resume } = plan;
  const length =
    durationMs !== undefined
      ? `${formatTime(durationMs)} of each scenario`
      : iterations !== undefined
        ? `${iterations.toLocaleString('en')} iterations of each scenario`
        : 'as many iterations as each scenario says';
  const parts = [
    length,
    ...(concurrency === 1 ? [] : [`${String(concurrency)} at a time`]),
    ...(errorRate === 0 ? [] : [`errors injected at ${formatAmount(errorRate, 'ratio')}`]),
    ...(sampleEveryMs === undefined ? [] : [`a sample every ${formatTime(sampleEveryMs)}`]),
    ...(fdLimit === undefined ? [] : [`at most ${String(fdLimit)} open files`]),
    ...(memoryLimitBytes === undefined ? [] : [`at most ${String(Math.round(memoryLimitBytes / 1024 ** 2))} MiB of heap`]),
    `seed ${String(seed)}`,
    `journals in ${directory}${resume ? ', continued' : ''}`,
  ];
  return `leak soak · ${parts.join(' · ')}`;
}
