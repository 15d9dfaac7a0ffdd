import { plural } from '../core/wording.ts';
import { Count } from './findings.tsx';
import type { Filter, Selection } from './filter.ts';
import type { Model } from './model.ts';
import { useEffect, useState } from './preact.ts';
import { WorkerCard } from './workerCard.tsx';

const FIRST = 8;
const MORE = 40;
/** So few workers show their tests at once. */
const FEW = 3;

/** The tests in the order in which each worker ran them, with what the worker held after each. */
export function Workers({ model, selection, filter }: { readonly model: Model; readonly selection: Selection; readonly filter: Filter }) {
  const [most, setMost] = useState(FIRST);
  useEffect(() => {
    setMost(FIRST);
  }, [filter]);
  const all = model.data.tests.title.length;
  const shown = selection.workers.slice(0, most);
  const left = selection.workers.length - shown.length;
  return (
    <section id="tests" aria-labelledby="tests-title" tabIndex={-1}>
      <h2 id="tests-title">
        Tests <Count shown={selection.tests} all={all} />
      </h2>
      <p class="lead">
        In the order in which each worker ran them, with what the worker held after each test. Red marks are tests that left something
        behind; a line that only climbs is a leak, found or not.
      </p>
      {all === 0 && <p class="empty">No test ran.</p>}
      {all > 0 && selection.workers.length === 0 && <p class="empty">No test passes this filter.</p>}
      {shown.map((worker) => (
        <WorkerCard
          key={worker}
          model={model}
          worker={worker}
          tests={selection.testsOf[worker] ?? []}
          open={model.data.workers.length <= FEW}
        />
      ))}
      {left > 0 && (
        <p class="more">
          <button type="button" onClick={() => setMost(most + MORE)}>
            Show {plural(Math.min(MORE, left), 'more worker')} of {left.toLocaleString('en')}
          </button>
        </p>
      )}
    </section>
  );
}
