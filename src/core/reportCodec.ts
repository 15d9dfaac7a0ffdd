import type { BudgetName, BudgetOutcome } from './budgets.ts';
import { finite, isFields, text } from './findingCodec.ts';
import type { GoneLeak, ReportBaseline, ReportScenario } from './report.ts';
import type { ScenarioCause } from './scenarioCauses.ts';
import { parseScenario } from './scenarioCodec.ts';

/** What a report says of its baseline; `null`: it had none. */
export function parseReportBaseline(value: unknown): ReportBaseline | null {
  if (!isFields(value)) return null;
  const gone = Array.isArray(value['gone']) ? (value['gone'] as unknown[]) : [];
  return { file: text(value['file']), leaks: finite(value['leaks']) ?? 0, gone: gone.flatMap(parseGone) };
}

/** How one budget came out; an empty list for anything else. */
export function parseBudgetOutcome(value: unknown): BudgetOutcome[] {
  if (!isFields(value) || typeof value['name'] !== 'string') return [];
  const limit = finite(value['limit']);
  const { held } = value;
  if (limit === null) return [];
  return [{ name: value['name'] as BudgetName, limit, actual: finite(value['actual']), held: typeof held === 'boolean' ? held : null }];
}

/** One scenario of a report; an empty list for anything else. */
export function parseReportScenario(value: unknown): ReportScenario[] {
  const scenario = parseScenario(value);
  if (scenario === null || !isFields(value)) return [];
  const { causes } = value;
  return [Array.isArray(causes) ? { ...scenario, causes: (causes as unknown[]).flatMap(parseCause) } : scenario];
}

function parseGone(value: unknown): GoneLeak[] {
  if (!isFields(value) || typeof value['fingerprint'] !== 'string') return [];
  const { fingerprint } = value;
  return [
    {
      fingerprint,
      kind: text(value['kind']),
      summary: text(value['summary'], fingerprint),
      count: finite(value['count']) ?? 1,
      found: finite(value['found']) ?? 0,
    },
  ];
}

function parseCause(value: unknown): ScenarioCause[] {
  if (!isFields(value) || typeof value['name'] !== 'string' || typeof value['fingerprint'] !== 'string') return [];
  return [{ name: value['name'], fingerprint: value['fingerprint'], status: value['status'] === 'known' ? 'known' : 'new' }];
}
