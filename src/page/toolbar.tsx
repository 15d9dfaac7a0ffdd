import { isFiltered, NO_FILTER, type Filter, type Selection } from './filter.ts';
import type { Model } from './model.ts';
import { useLayoutEffect, useRef } from './preact.ts';

const STATUSES = ['new', 'known', 'late', 'allowed', 'inconclusive'];

/** Search and filters. Stays in sight. */
export function Toolbar({
  model,
  filter,
  selection,
  onChange,
}: {
  readonly model: Model;
  readonly filter: Filter;
  readonly selection: Selection;
  readonly onChange: (filter: Filter) => void;
}) {
  const search = useRef<HTMLInputElement>(null);
  // Before the page is painted: whoever sees the field can reach it.
  useLayoutEffect(() => {
    const focus = (event: KeyboardEvent): void => {
      const inField = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
      if (event.key !== '/' || inField || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      search.current?.focus();
    };
    addEventListener('keydown', focus);
    return () => {
      removeEventListener('keydown', focus);
    };
  }, []);
  const choice = (name: 'kind' | 'status' | 'project' | 'file', label: string, all: string, values: readonly string[]) =>
    values.length > 1 || filter[name] !== '' ? (
      <select
        aria-label={label}
        value={filter[name]}
        onChange={(event) => onChange({ ...filter, [name]: event.currentTarget.value })}
        class={filter[name] === '' ? '' : 'is-set'}
      >
        <option value="">{all}</option>
        {values.map((value) => (
          <option value={value}>{value}</option>
        ))}
      </select>
    ) : null;
  return (
    <div class="toolbar" role="search">
      <div class="inner">
        <input
          ref={search}
          type="search"
          aria-label="Search in findings and tests"
          placeholder="Search findings, tests, files   ( / )"
          autocomplete="off"
          spellcheck={false}
          value={filter.text}
          onInput={(event) => onChange({ ...filter, text: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key === 'Escape') onChange({ ...filter, text: '' });
          }}
        />
        {choice('kind', 'Kind', 'Every kind', model.kinds)}
        {choice('status', 'Status', 'Every status', STATUSES)}
        {choice('project', 'Project', 'Every project', model.projects)}
        {choice('file', 'File', 'Every file', model.files)}
        <button type="button" class="clear" disabled={!isFiltered(filter)} onClick={() => onChange(NO_FILTER)}>
          Clear
        </button>
        <p class="sr-only" role="status">
          {isFiltered(filter) ? `${String(selection.findings.length)} findings, ${String(selection.tests)} results` : ''}
        </p>
      </div>
    </div>
  );
}
