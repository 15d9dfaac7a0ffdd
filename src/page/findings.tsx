import { FindingCard } from './findingCard.tsx';
import type { Filter, Selection } from './filter.ts';
import type { Model } from './model.ts';
import { useEffect, useState } from './preact.ts';

/** Cards that are there before one asks for more. */
const FIRST = 30;
const MORE = 200;
/** So few findings are shown in full. */
const FEW = 12;

/** The findings that pass the filter, a card each. */
export function Findings({
  model,
  selection,
  filter,
  target,
}: {
  readonly model: Model;
  readonly selection: Selection;
  readonly filter: Filter;
  readonly target: string | null;
}) {
  const { findings } = model.data;
  const [most, setMost] = useState(FIRST);
  useEffect(() => {
    setMost(FIRST);
  }, [filter]);
  const targetAt = target === null ? -1 : selection.findings.findIndex((index) => findings[index]?.id === target);
  const shown = selection.findings.slice(0, Math.max(most, targetAt + 1));
  const left = selection.findings.length - shown.length;
  return (
    <section id="findings" aria-labelledby="findings-title" tabIndex={-1}>
      <h2 id="findings-title">
        Findings <Count shown={selection.findings.length} all={findings.length} />
      </h2>
      {findings.length === 0 && <p class="empty">Nothing was left open. Every test gave back what it took.</p>}
      {findings.length > 0 && selection.findings.length === 0 && <p class="empty">No finding passes this filter.</p>}
      {target !== null && targetAt < 0 && selection.findings.length === findings.length && (
        <p class="empty">This report has no finding {target}: it may have been closed since.</p>
      )}
      {shown.map((index) => {
        const finding = findings[index];
        if (finding === undefined) return null;
        return (
          <FindingCard key={finding.id} model={model} finding={finding} open={findings.length <= FEW} target={finding.id === target} />
        );
      })}
      {left > 0 && (
        <p class="more">
          <button type="button" onClick={() => setMost(shown.length + MORE)}>
            Show {Math.min(MORE, left).toLocaleString('en')} more of {left.toLocaleString('en')}
          </button>
        </p>
      )}
    </section>
  );
}

/** `12`, or `3 of 12` when a filter hides some. */
export function Count({ shown, all }: { readonly shown: number; readonly all: number }) {
  const total = all.toLocaleString('en');
  return <span class="number">{shown === all ? total : `${shown.toLocaleString('en')} of ${total}`}</span>;
}
