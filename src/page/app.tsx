import { Detectors } from './detectors.tsx';
import { createSearchIndex, isFiltered, NO_FILTER, select, type SearchIndex } from './filter.ts';
import { findingIn } from './deepLink.ts';
import { Findings } from './findings.tsx';
import type { Model } from './model.ts';
import { useEffect, useMemo, useRef, useState } from './preact.ts';
import { Scenarios } from './scenarios.tsx';
import { Toolbar } from './toolbar.tsx';
import { Verdict } from './verdict.tsx';
import { Workers } from './workers.tsx';

/** The whole page: the verdict, the filter, and below it everything that passes the filter. */
export function App({ model }: { readonly model: Model }) {
  const [filter, setFilter] = useState(NO_FILTER);
  const [target, setTarget] = useState(() => findingIn(location.hash));
  const made = useRef<SearchIndex | null>(null);
  const index = (): SearchIndex => (made.current ??= createSearchIndex(model));
  // Without a filter nothing is searched, and the page opens without an index.
  const selection = useMemo(() => select(model, isFiltered(filter) ? index() : EMPTY, filter), [model, filter]);

  useEffect(() => {
    // Made when the page stands, so that the first word is found as quickly as the next.
    const timer = setTimeout(index, INDEX_AFTER_MS);
    return () => {
      clearTimeout(timer);
    };
  }, []);

  useEffect(() => {
    const follow = (): void => {
      const id = findingIn(location.hash);
      setTarget(id);
      // A link leads to its finding, whatever is filtered.
      if (id !== null) setFilter(NO_FILTER);
    };
    addEventListener('hashchange', follow);
    return () => {
      removeEventListener('hashchange', follow);
    };
  }, []);

  return (
    <>
      <a class="skip" href="#findings">
        Skip to the findings
      </a>
      <Verdict summary={model.data.summary} model={model} onStatus={(status) => setFilter({ ...NO_FILTER, status })} />
      <Toolbar model={model} filter={filter} selection={selection} onChange={setFilter} />
      <main class="page">
        <Findings model={model} selection={selection} filter={filter} target={target} />
        <Workers model={model} selection={selection} filter={filter} />
        <Scenarios model={model} selection={selection} />
        <Detectors summary={model.data.summary} />
      </main>
    </>
  );
}

const INDEX_AFTER_MS = 100;
const EMPTY: SearchIndex = { tests: [], findings: [], scenarios: [] };
