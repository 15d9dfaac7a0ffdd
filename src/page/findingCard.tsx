import { plural } from '../core/wording.ts';
import type { PageFinding } from '../render/pageData.ts';
import { formatAmount } from '../core/amount.ts';
import { CodeFrame } from './codeFrame.tsx';
import { linkTo } from './deepLink.ts';
import { placeOfFinding, standingOf, type Model } from './model.ts';
import { Owners } from './owners.tsx';
import { useEffect, useRef, useState } from './preact.ts';

/** One leak: what, where and how often in one line; opened, everything that is known of it. */
export function FindingCard({
  model,
  finding,
  open: initially,
  target,
  prefix = '',
}: {
  readonly model: Model;
  readonly finding: PageFinding;
  readonly open: boolean;
  /** Whether the page's address names it: it opens and comes into sight. */
  readonly target: boolean;
  /** Before the anchor's name: the same leak may stand in a scenario, too. */
  readonly prefix?: string;
}) {
  const [open, setOpen] = useState(initially || target);
  const card = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (!target) return;
    setOpen(true);
    card.current?.scrollIntoView({ block: 'start' });
    card.current?.querySelector('summary')?.focus({ preventScroll: true });
  }, [target]);
  const standing = standingOf(finding);
  const place = placeOfFinding(model, finding);
  return (
    <details
      ref={card}
      id={`${prefix}finding-${finding.id}`}
      class={`card finding is-${standing}`}
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <span class={`badge is-${standing}`}>{standing}</span>
        <span class="kind">{finding.kind}</span>
        {prefix === '' ? <h3>{withoutKind(finding)}</h3> : <h4>{withoutKind(finding)}</h4>}
        <span class="where">{place ?? 'no line known'}</span>
        <span class="times">{timesOf(finding)}</span>
      </summary>
      {open && <Body model={model} finding={finding} place={place} />}
    </details>
  );
}

function Body({ model, finding, place }: { readonly model: Model; readonly finding: PageFinding; readonly place: string | null }) {
  const { strings } = model.data;
  const hint = strings[finding.hint] ?? '';
  return (
    <div class="body">
      {place !== null && finding.frame !== null && <CodeFrame place={place} frame={finding.frame} />}
      {hint !== '' && (
        <p class="hint">
          <b>What to do</b> {hint}
        </p>
      )}
      {finding.owners.some(({ test, worker }) => test !== undefined || worker !== undefined) && <Owners model={model} finding={finding} />}
      <div class="columns">
        {finding.evidence.length > 0 && (
          <div>
            <h4>Evidence</h4>
            <dl class="evidence">
              {finding.evidence.map(([name, value]) => (
                <div>
                  <dt>{strings[name]}</dt>
                  <dd>{value === '' ? '–' : value}</dd>
                </div>
              ))}
              {finding.bytes !== null && (
                <div>
                  <dt>size</dt>
                  <dd>{formatAmount(finding.bytes, 'bytes')}</dd>
                </div>
              )}
            </dl>
          </div>
        )}
        {finding.stack.length > 0 && (
          <div>
            <h4>Stack</h4>
            <ol class="stack">
              {finding.stack.map((line) => (
                <li>{strings[line]}</li>
              ))}
            </ol>
          </div>
        )}
      </div>
      <p class="footer">
        <a href={linkTo(finding.id)}>Link to this finding</a>
        <span>
          fingerprint <code>{finding.fingerprint}</code>
        </span>
        <span>scope {finding.scope}</span>
      </p>
    </div>
  );
}

/** The summary names the kind first in some probes (`process 12 is …`); it stands before it already. */
function withoutKind({ kind, summary }: PageFinding): string {
  return summary.startsWith(`${kind} `) ? summary.slice(kind.length + 1) : summary;
}

function timesOf({ owners, count }: PageFinding): string {
  const tests = new Set(owners.flatMap(({ test }) => test ?? [])).size;
  const workers = new Set(owners.flatMap(({ worker }) => worker ?? [])).size;
  const parts = [...(tests > 0 ? [plural(tests, 'test')] : []), ...(workers > 0 ? [plural(workers, 'worker')] : [])];
  return [...parts, ...(count > Math.max(1, owners.length) ? [`${count.toLocaleString('en')} in all`] : [])].join(', ');
}
