import type { MetricKind } from '../core/metric.ts';
import { plural } from '../core/wording.ts';
import { Chart } from './chart.tsx';
import { linkTo } from './deepLink.ts';
import { nameOfWorker, standingOf, type Model } from './model.ts';
import { useMemo, useState } from './preact.ts';
import { TestRows } from './testRows.tsx';

const COURSES = [
  ['fds', 'file descriptors', 'count', 1],
  ['processes', 'processes', 'count', 1],
  ['handles', 'handles', 'count', 1],
  ['heapKb', 'heap', 'bytes', 1000],
] as const satisfies readonly (readonly [string, string, MetricKind, number])[];

/** One worker: how it ended, its four courses over its life, and its tests. The charts show all of them, the list what is filtered. */
export function WorkerCard({
  model,
  worker,
  tests,
  open: initially,
}: {
  readonly model: Model;
  readonly worker: number;
  readonly tests: readonly number[];
  readonly open: boolean;
}) {
  const { data, testsOf, findingsOf, findingsOfWorker } = model;
  const [open, setOpen] = useState(initially);
  const [picked, setPicked] = useState<number | null>(null);
  const all = testsOf[worker] ?? [];
  const own = findingsOfWorker[worker] ?? [];
  const facts = data.workers[worker];
  const pid = facts?.pid ?? null;
  const name = nameOfWorker(model, worker);
  const isLeaky = (test: number): boolean => (findingsOf[test] ?? []).some((group) => data.findings[group]?.severity === 'leak');
  const leaky = useMemo(() => all.flatMap((test, order) => (isLeaky(test) ? [order + 1] : [])), [model, worker]);
  const courses = useMemo(
    () =>
      COURSES.map(([column, label, kind, unit]) => ({
        ...{ label, kind },
        points: all.map((test, order) => {
          const value = data.tests[column][test] ?? null;
          return { x: order + 1, y: value === null ? null : value * unit };
        }),
      })),
    [model, worker],
  );
  return (
    <article class="card worker" aria-label={name}>
      <header>
        <h3>{name.slice(0, 1).toUpperCase() + name.slice(1)}</h3>
        <span class="dim">
          {[
            plural(all.length, 'test'),
            ...(leaky.length > 0 ? [`${leaky.length.toLocaleString('en')} leaky`] : []),
            ...(pid === null ? [] : [`pid ${String(pid)}`]),
          ].join(' · ')}
        </span>
        {facts?.ended === 'died' && <span class="badge is-inconclusive">died</span>}
      </header>
      {facts?.notes.map((note) => (
        <p class="note">{note}</p>
      ))}
      {own.length > 0 && (
        <p class="note">
          Left behind by hooks, worker fixtures or the worker itself:{' '}
          {own.slice(0, 20).map((group) => {
            const finding = data.findings[group];
            return finding === undefined ? null : (
              <a class={`badge is-${standingOf(finding)}`} href={linkTo(finding.id)}>
                {finding.kind}
              </a>
            );
          })}
        </p>
      )}
      {all.length > 0 && (
        <>
          <div class="courses">
            {courses.map(({ label, kind, points }) => (
              <Chart
                key={label}
                name={label}
                points={points}
                kind={kind}
                size="small"
                marks={leaky}
                tell={({ x }) => `${String(x)} · ${data.tests.title[all[x - 1] ?? -1] ?? ''}`}
                onPick={({ x }) => {
                  setOpen(true);
                  setPicked(all[x - 1] ?? null);
                }}
              />
            ))}
          </div>
          <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
            <summary>{tests.length === all.length ? 'Tests in order' : `${plural(tests.length, 'test')} of ${String(all.length)}`}</summary>
            {open && <TestRows model={model} tests={tests} order={all} picked={picked} name={name} />}
          </details>
        </>
      )}
    </article>
  );
}
