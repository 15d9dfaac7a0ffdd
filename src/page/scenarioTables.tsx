import type { MetricKind, MetricVerdict } from '../core/metric.ts';
import type { CriterionOutcome } from '../core/scenario.ts';
import { kindOfMetric, nameOfMetric } from '../render/metricNames.ts';
import { formatValue } from './amounts.ts';
import type { ComponentChildren } from './preact.ts';

const AMOUNTS: ReadonlySet<string> = new Set(['first', 'last', 'per iteration', '99 % interval', 'smallest seen', 'measured', 'limit']);

/** How each metric was judged, in figures. */
export function MetricTable({ metrics, scenario }: { readonly metrics: readonly MetricVerdict[]; readonly scenario: string }) {
  if (metrics.length === 0) return null;
  return (
    <Table
      label={`Metrics of ${scenario}`}
      headings={['metric', 'verdict', 'shape', 'first', 'last', 'per iteration', '99 % interval', 'smallest seen', 'limit']}
    >
      {metrics.map((metric) => (
        <tr>
          <th scope="row">{nameOfMetric(metric.name)}</th>
          <td>
            <span class={`badge is-${metric.verdict === 'leak' ? 'new' : metric.verdict}`}>{metric.verdict}</span>
          </td>
          <td>{metric.shape}</td>
          <td class="amount">{formatValue(metric.first, metric.kind)}</td>
          <td class="amount">{formatValue(metric.last, metric.kind)}</td>
          <td class="amount">{formatValue(metric.slopePerIteration, metric.kind, true)}</td>
          <td class="amount">
            {metric.low === null || metric.high === null
              ? '–'
              : `${formatValue(metric.low, metric.kind, true)} … ${formatValue(metric.high, metric.kind, true)}`}
          </td>
          <td class="amount">{formatValue(metric.minimumDetectable, metric.kind)}</td>
          <td class="amount">{formatValue(metric.limit, metric.kind)}</td>
        </tr>
      ))}
    </Table>
  );
}

/** What was demanded, and how it came out. */
export function OutcomeTable({ outcomes, scenario }: { readonly outcomes: readonly CriterionOutcome[]; readonly scenario: string }) {
  if (outcomes.length === 0) return null;
  return (
    <Table label={`Criteria of ${scenario}`} headings={['criterion', 'held', 'measured', 'limit', 'gates']}>
      {outcomes.map(({ name, limit, actual, held, gates }) => (
        <tr>
          <th scope="row">{name}</th>
          <td>
            <span class={`badge is-${held === null ? 'inconclusive' : held ? 'pass' : 'new'}`}>
              {held === null ? 'not measured' : held ? 'yes' : 'no'}
            </span>
          </td>
          <td class="amount">{formatValue(actual, kindOfCriterion(name))}</td>
          <td class="amount">{limit === null ? 'none' : formatValue(limit, kindOfCriterion(name))}</td>
          <td>{gates ? 'yes' : 'no'}</td>
        </tr>
      ))}
    </Table>
  );
}

function kindOfCriterion(name: string): MetricKind {
  return /^(?:errorRate|memoryGrowth|p95Degradation)$/.test(name) ? 'ratio' : kindOfMetric(name);
}

interface TableProps {
  readonly label: string;
  readonly headings: readonly string[];
  /** Its rows. */
  readonly children: ComponentChildren;
}

/** May be wider than the window: then it scrolls by itself, by keyboard too. */
function Table({ label, headings, children }: TableProps) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {headings.map((heading) => (
              <th scope="col" class={AMOUNTS.has(heading) ? 'amount' : ''}>
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
