import { Count } from './findings.tsx';
import type { Selection } from './filter.ts';
import type { Model } from './model.ts';
import { ScenarioCard } from './scenarioCard.tsx';

/** The stability scenarios that pass the filter. */
export function Scenarios({ model, selection }: { readonly model: Model; readonly selection: Selection }) {
  const { scenarios } = model.data;
  if (scenarios.length === 0) return null;
  return (
    <section id="scenarios" aria-labelledby="scenarios-title" tabIndex={-1}>
      <h2 id="scenarios-title">
        Stability scenarios <Count shown={selection.scenarios.length} all={scenarios.length} />
      </h2>
      {selection.scenarios.length === 0 && <p class="empty">No scenario passes this filter.</p>}
      {selection.scenarios.map((index) => {
        const scenario = scenarios[index];
        return scenario === undefined ? null : <ScenarioCard key={index} model={model} scenario={scenario} id={`scenario-${index}`} />;
      })}
    </section>
  );
}
