import type { PageSummary } from '../render/pageData.ts';

/** What was measured and what was not, with the reason: a detector that did not run found nothing, which is not "no leaks". */
export function Detectors({ summary }: { readonly summary: PageSummary }) {
  const { detectors } = summary.environment;
  return (
    <section id="detectors" aria-labelledby="detectors-title" tabIndex={-1}>
      <h2 id="detectors-title">Detectors</h2>
      {detectors.length === 0 ? (
        <p class="empty">No worker said what it could measure.</p>
      ) : (
        <ul class="card detectors">
          {[...detectors]
            .sort((a, b) => Number(a.available) - Number(b.available))
            .map(({ name, available, reason }) => (
              <li>
                <span class={`badge is-${available ? 'pass' : 'inconclusive'}`}>{available ? 'ran' : 'did not run'}</span> <b>{name}</b>
                {reason !== undefined && reason !== '' && <span class="dim"> {reason}</span>}
              </li>
            ))}
        </ul>
      )}
      {summary.notes.length > 0 && (
        <>
          <h2>Notes</h2>
          <ul class="card notes">
            {summary.notes.map((note) => (
              <li>{note}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
