import type { PageFinding, PageOwner } from '../render/pageData.ts';
import { nameOfWorker, placeOfTest, type Model } from './model.ts';
import { useState } from './preact.ts';

const FIRST = 10;

/** The tests that show a finding, and the workers whose hooks left it behind. */
export function Owners({ model, finding }: { readonly model: Model; readonly finding: PageFinding }) {
  const [all, setAll] = useState(false);
  const shown = all ? finding.owners : finding.owners.slice(0, FIRST);
  const left = finding.owners.length - shown.length;
  return (
    <div>
      <h4>Found in</h4>
      <ul class="owners">
        {shown.map((owner) => (
          <li>
            <Owner model={model} owner={owner} scope={finding.scope} />
            {owner.count !== undefined && <span class="dim"> · {owner.count.toLocaleString('en')} here</span>}
            {owner.summary !== undefined && <span class="dim other">{owner.summary}</span>}
          </li>
        ))}
      </ul>
      {left > 0 && (
        <button type="button" onClick={() => setAll(true)}>
          Show {left.toLocaleString('en')} more
        </button>
      )}
    </div>
  );
}

function Owner({ model, owner, scope }: { readonly model: Model; readonly owner: PageOwner; readonly scope: string }) {
  const { tests, strings } = model.data;
  if (owner.test === undefined) {
    return (
      <span>
        {nameOfWorker(model, owner.worker ?? -1)}
        {scope === 'hook' ? ' (hook)' : ''}
      </span>
    );
  }
  const project = strings[tests.project[owner.test] ?? -1] ?? '';
  const retry = tests.retry[owner.test] ?? 0;
  return (
    <span>
      {tests.title[owner.test]} <span class="dim">{placeOfTest(model, owner.test)}</span>
      {model.projects.length > 1 && project !== '' && <span class="chip">{project}</span>}
      {retry > 0 && <span class="chip">retry {retry}</span>}
      <span class="dim"> · {nameOfWorker(model, tests.worker[owner.test] ?? -1)}</span>
    </span>
  );
}
