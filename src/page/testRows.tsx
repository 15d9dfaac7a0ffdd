import { formatAmount } from '../core/amount.ts';
import { linkTo } from './deepLink.ts';
import { placeOfTest, standingOf, type Model } from './model.ts';
import { useEffect, useMemo, useRef, useState } from './preact.ts';

/** Height of a row in pixels; the style sheet has the same. */
const ROW = 34;
const VISIBLE = 14;
/** Rows above and below those in sight. */
const MARGIN = 8;
/** Findings that fit into a row. */
const BADGES = 3;

const COLUMNS = [
  ['fds', 'fds'],
  ['processes', 'processes'],
  ['handles', 'handles'],
] as const;

/** A worker's tests as a table of which only the rows in sight exist, so that ten thousand are as quick as ten. */
export function TestRows({
  model,
  tests,
  order,
  picked,
  name,
}: {
  readonly model: Model;
  readonly tests: readonly number[];
  /** All tests of the worker, in order: the first column numbers them. */
  readonly order: readonly number[];
  /** The test to bring into sight. */
  readonly picked: number | null;
  readonly name: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const numbers = useMemo(() => new Map(order.map((test, index) => [test, index + 1])), [order]);
  useEffect(() => {
    if (box.current !== null) box.current.scrollTop = 0;
    setTop(0);
  }, [tests]);
  useEffect(() => {
    const index = picked === null ? -1 : tests.indexOf(picked);
    if (index >= 0 && box.current !== null) box.current.scrollTop = Math.max(0, (index - VISIBLE / 2) * ROW);
  }, [picked]);
  const from = Math.max(0, Math.floor(top / ROW) - MARGIN);
  const shown = tests.slice(from, from + VISIBLE + 2 * MARGIN);
  return (
    <div
      ref={box}
      class="rows"
      style={{ height: `${Math.min(VISIBLE, tests.length + 1) * ROW + 2}px` }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      tabIndex={0}
      role="table"
      aria-label={`Tests of ${name}`}
      aria-rowcount={tests.length + 1}
    >
      <div class="row is-head" role="row" aria-rowindex={1}>
        <span role="columnheader">#</span>
        <span role="columnheader">test</span>
        <span role="columnheader">left behind</span>
        {COLUMNS.map(([, label]) => (
          <span role="columnheader" class="amount">
            {label}
          </span>
        ))}
        <span role="columnheader" class="amount">
          heap
        </span>
      </div>
      <div role="rowgroup" style={{ height: `${tests.length * ROW}px`, paddingTop: `${from * ROW}px` }}>
        {shown.map((test, index) => (
          <Row key={test} model={model} test={test} number={numbers.get(test) ?? 0} at={from + index + 2} picked={test === picked} />
        ))}
      </div>
    </div>
  );
}

function Row(props: {
  readonly model: Model;
  readonly test: number;
  readonly number: number;
  readonly at: number;
  readonly picked: boolean;
}) {
  const { model, test, number, at, picked } = props;
  const { tests, strings, findings } = model.data;
  const before = model.previous[test] ?? -1;
  const own = (model.findingsOf[test] ?? []).flatMap((group) => findings[group] ?? []);
  const title = tests.title[test] ?? '';
  const status = strings[tests.status[test] ?? -1] ?? '';
  const retry = tests.retry[test] ?? 0;
  const note = strings[tests.note[test] ?? -1] ?? '';
  const heapKb = tests.heapKb[test] ?? null;
  return (
    <div class={`row is-${tests.verdict[test] ?? ''} ${picked ? 'is-picked' : ''}`} role="row" aria-rowindex={at}>
      <span role="cell" class="dim">
        {number}
      </span>
      <span role="cell" class="title" title={`${title}\n${placeOfTest(model, test)}${note === '' ? '' : `\n${note}`}`}>
        {title} <span class="dim">{placeOfTest(model, test)}</span>
        {retry > 0 && <span class="chip">retry {retry}</span>}
        {status !== 'passed' && status !== '' && <span class={`chip is-${status}`}>{status}</span>}
      </span>
      <span role="cell" class="badges">
        {own.slice(0, BADGES).map((finding) => (
          <a class={`badge is-${standingOf(finding)}`} href={linkTo(finding.id)} title={finding.summary}>
            {finding.kind}
          </a>
        ))}
        {own.length > BADGES && <span class="dim">+{own.length - BADGES}</span>}
        {tests.verdict[test] === 'inconclusive' && (
          <span class="badge is-inconclusive" title={note}>
            ?
          </span>
        )}
      </span>
      {COLUMNS.map(([column]) => (
        <Amount value={tests[column][test] ?? null} before={tests[column][before] ?? null} />
      ))}
      <span role="cell" class="amount">
        {heapKb === null ? '–' : formatAmount(heapKb * 1000, 'bytes')}
      </span>
    </div>
  );
}

/** What the worker held after the test, and by how much that differs from before. */
function Amount({ value, before }: { readonly value: number | null; readonly before: number | null }) {
  const change = value === null || before === null ? 0 : value - before;
  return (
    <span role="cell" class="amount">
      {change !== 0 && <span class={change > 0 ? 'up' : 'down'}>{formatAmount(change, 'count', true)}</span>}
      {value ?? '–'}
    </span>
  );
}
