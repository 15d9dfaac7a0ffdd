import { plural } from '../core/wording.ts';
import type { PageSummary } from '../render/pageData.ts';
import { formatDuration } from './amounts.ts';
import type { Model } from './model.ts';
import type { ComponentChildren } from './preact.ts';

/** What the gate decided and why, and the run in numbers. A number of findings is a button that shows only those. */
export function Verdict({
  summary,
  model,
  onStatus,
}: {
  readonly summary: PageSummary;
  readonly model: Model;
  readonly onStatus: (status: string) => void;
}) {
  const { gate, totals, run, environment } = summary;
  const missing = environment.detectors.filter(({ available }) => !available);
  const workers = model.data.workers.filter(({ workerIndex }) => workerIndex >= 0).length;
  const outcome = [
    `${String(totals.passed)} passed`,
    ...(totals.failed > 0 ? [`${String(totals.failed)} failed`] : []),
    ...(totals.flaky > 0 ? [`${String(totals.flaky)} flaky`] : []),
    ...(totals.skipped > 0 ? [`${String(totals.skipped)} skipped`] : []),
    ...(totals.errors > 0 ? [`${plural(totals.errors, 'error')} outside of tests`] : []),
  ];
  const counts = [
    ['new', totals.new, plural(totals.new, 'new leak').replace(/^\d+ /, '')],
    ['known', totals.known, 'known'],
    ['late', totals.late, 'late'],
    ['allowed', totals.allowed, 'allowed'],
    ['inconclusive', totals.inconclusive, 'inconclusive'],
  ] as const;
  return (
    <header class={`verdict ${gate.failed ? 'is-failed' : 'is-passed'}`}>
      <div class="inner">
        <div class="product">
          <p>
            <strong>leak</strong> report
          </p>
          <nav aria-label="Sections">
            <a href="#findings">Findings</a>
            <a href="#tests">Tests</a>
            {model.data.scenarios.length > 0 && <a href="#scenarios">Scenarios</a>}
            <a href="#detectors">Detectors</a>
          </nav>
        </div>
        <h1>
          <span class="mark" aria-hidden="true">
            {gate.failed ? '✕' : '✓'}
          </span>
          {gate.failed ? 'Gate failed' : 'Gate passed'}
        </h1>
        {gate.failed ? (
          <ul class="reasons">
            {gate.reasons.map((reason) => (
              <li>{reason}</li>
            ))}
          </ul>
        ) : (
          <p class="reasons">{passedBecause(summary)}</p>
        )}
        <div class="counts">
          {counts.map(([status, count, label]) => (
            <button type="button" class={`count is-${status}`} disabled={count === 0} onClick={() => onStatus(status)}>
              <b>{count.toLocaleString('en')}</b> <span>{label}</span>
            </button>
          ))}
        </div>
        <dl class="facts">
          <Fact name="Tests">
            {outcome.join(', ')}
            {run.status === 'passed' || run.status === 'failed' ? '' : ` · run ${run.status === 'timedout' ? 'timed out' : run.status}`}
          </Fact>
          <Fact name="Workers">{workers.toLocaleString('en')}</Fact>
          <Fact name="Time">{formatDuration(run.durationMs)}</Fact>
          <Fact name="Cost of the checks">{totals.overheadMs === null ? 'none' : `${totals.overheadMs.toFixed(1)} ms a test`}</Fact>
          <Fact name="On">{[`Node ${environment.node}`, `Playwright ${environment.playwright}`, environment.platform].join(' · ')}</Fact>
        </dl>
        {summary.gone !== null && <p class="missing">{summary.gone}</p>}
        {missing.length > 0 && (
          <p class="missing">
            Not measured here: {missing.map(({ name }) => name).join(', ')}. <a href="#detectors">Why</a>
          </p>
        )}
        {run.outsideView && (
          <p class="missing">
            Some tests were watched from outside only: files and processes, not handles and heap. Import <code>test</code> from{' '}
            <code>leak/fixtures</code> to see everything.
          </p>
        )}
      </div>
    </header>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function passedBecause({ gate, totals }: PageSummary): string {
  if (gate.failOn === 'never') return 'Nothing gates: failOn is never.';
  if (totals.new === 0 && totals.known === 0) return 'Nothing leaked.';
  return totals.new === 0 ? 'No new leaks; what is known does not gate.' : 'What was found does not gate.';
}
