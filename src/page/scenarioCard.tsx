import { plural } from '../core/wording.ts';
import type { PageScenario } from '../render/pageData.ts';
import { kindOfMetric, nameOfMetric } from '../render/metricNames.ts';
import { formatValue } from './amounts.ts';
import { Chart } from './chart.tsx';
import { FindingCard } from './findingCard.tsx';
import { MetricTable, OutcomeTable } from './scenarioTables.tsx';
import { placeOfTest, type Model } from './model.ts';
import { useMemo } from './preact.ts';

/** A repeated scenario: its verdict and why, the course of each metric, and the figures behind the verdict. */
export function ScenarioCard({ model, scenario, id }: { readonly model: Model; readonly scenario: PageScenario; readonly id: string }) {
  const { name, verdict, shape, failed, iterations, warmUp, reasons, metrics, outcomes, errors, latency, notes, findings, test } = scenario;
  const courses = useMemo(() => coursesOf(scenario), [scenario]);
  return (
    <article class="card scenario" id={id} aria-label={`Scenario ${name}`}>
      <header>
        <span class={`badge is-${verdict === 'leak' || failed ? 'new' : verdict}`}>
          {failed && verdict !== 'leak' ? 'failed' : verdict}
        </span>
        <h3>{name}</h3>
        <span class="dim">
          {shape} · {plural(iterations, 'iteration')}
          {warmUp > 0 && ` after ${warmUp.toLocaleString('en')} to warm up`}
        </span>
        {test !== null && (
          <span class="dim where">
            {model.data.tests.title[test]} · {placeOfTest(model, test)}
          </span>
        )}
      </header>
      {reasons.length > 0 && (
        <ul class="reasons">
          {reasons.map((reason) => (
            <li>{reason}</li>
          ))}
        </ul>
      )}
      <div class="courses is-wide">
        {courses.map((course) => {
          const metric = metrics.find((candidate) => candidate.name === course.name);
          const note = metric === undefined ? undefined : `${metric.shape}, ${metric.verdict}`;
          return (
            <div class={metric === undefined ? '' : `is-${metric.verdict}`}>
              <Chart
                name={nameOfMetric(course.name)}
                points={course.points}
                kind={metric?.kind ?? kindOfMetric(course.name)}
                size="axes"
                {...(note === undefined ? {} : { note })}
                tell={({ x }) => `iteration ${x.toLocaleString('en')}`}
              />
            </div>
          );
        })}
      </div>
      <MetricTable metrics={metrics} scenario={name} />
      <OutcomeTable outcomes={outcomes} scenario={name} />
      <p class="facts-line">
        {errors.count === 0 ? 'No iteration failed' : `${plural(errors.count, 'iteration')} failed (${formatValue(errors.rate, 'ratio')})`}
        {errors.unhandled > 0 && `, ${plural(errors.unhandled, 'unhandled error')}`}
        {latency !== null && ` · median ${formatValue(latency.p50Ms, 'milliseconds')}, p95 ${formatValue(latency.p95Ms, 'milliseconds')}`}
        {latency !== null &&
          latency.degradation !== null &&
          `, p95 ${formatValue(latency.degradation, 'ratio', true)} from the first tenth to the last`}
      </p>
      {errors.messages.length > 0 && (
        <ul class="messages">
          {errors.messages.map((message) => (
            <li>{message}</li>
          ))}
        </ul>
      )}
      {notes.map((note) => (
        <p class="note">{note}</p>
      ))}
      {findings.map((finding) => (
        <FindingCard key={finding.id} model={model} finding={finding} open={false} target={false} prefix={`${id}-`} />
      ))}
    </article>
  );
}

/** Judged metrics first, in their order, then what else the series has; what was never measured is left out. */
function coursesOf({ metrics, series }: PageScenario) {
  const names = new Set([...metrics.map(({ name }) => name), ...series.flatMap((point) => Object.keys(point))]);
  names.delete('iteration');
  return [...names]
    .map((name) => ({ name, points: series.map((point) => ({ x: point.iteration, y: point[name] ?? null })) }))
    .filter(({ points }) => points.some(({ y }) => y !== null));
}
