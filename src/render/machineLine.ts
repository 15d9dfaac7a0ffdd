import type { LeakReport } from '../core/report.ts';

/**
 * The outcome as one line for programs, `key=value` separated by spaces: `leak: verdict=leak gate=failed fail-on=leak new=2 …`. No value
 * holds a space. Keys may be added at the end; none is renamed, moved or removed. Without a newline.
 *
 * `verdict`: `pass`, `leak` or `inconclusive` · `gate`: `passed` or `failed` · `tests`: Playwright's own status, before the gate ·
 * `results`: tests that ran, each attempt counting · `scenarios-failed`: of the stability scenarios.
 */
export function renderMachineLine({ verdict, gate, run, totals, scenarios }: LeakReport): string {
  const values = {
    verdict,
    gate: gate.failed ? 'failed' : 'passed',
    'fail-on': gate.failOn.replace(/\W/g, ''),
    new: totals.new,
    known: totals.known,
    allowed: totals.allowed,
    late: totals.late,
    inconclusive: totals.inconclusive,
    'scenarios-failed': scenarios.filter(({ failed }) => failed).length,
    tests: run.status,
    results: totals.results,
  };
  const pairs = Object.entries(values).map(([key, value]) => `${key}=${String(value)}`);
  return `leak: ${pairs.join(' ')}`;
}
