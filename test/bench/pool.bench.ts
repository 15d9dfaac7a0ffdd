import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

const OURS = 'leak';
/** Promises in a ring, and no pool: what waiting costs by itself. */
const BARE = 'bare queue';
/** Callers that wait for one and the same promise: what waiting costs before there is even a queue. */
const NOTHING = 'nothing';
const PEERS = ['generic-pool', 'tarn', 'lightning-pool'];
const SCENARIOS = { uncontended: 2, '100 waiters': 1, '50,000 waiters': 1 } as const;
const ROUNDS = 5;
const MS = Number(process.env['BENCH_MS'] ?? 1_000);

type Scenario = keyof typeof SCENARIOS;

/** Operations per CPU-second (which a busy machine spoils less than operations per second), from a process of its own. */
function measure(contestant: string): Record<Scenario, number> {
  const program = path.join(import.meta.dirname, 'poolContestant.mjs');
  const output = execFileSync(process.execPath, [program, contestant, String(MS)], { encoding: 'utf8' });
  return JSON.parse(output) as Record<Scenario, number>;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

it('acquires and releases faster than the best peer', () => {
  const samples = new Map<string, Record<Scenario, number>[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    // There and back again, so that nobody always comes after the same neighbour.
    const order = round % 2 === 0 ? [OURS, ...PEERS, BARE, NOTHING] : [NOTHING, BARE, ...PEERS.toReversed(), OURS];
    for (const contestant of order) samples.set(contestant, [...(samples.get(contestant) ?? []), measure(contestant)]);
  }
  const figure = (contestant: string, scenario: Scenario): number =>
    median((samples.get(contestant) ?? []).map((sample) => sample[scenario]));
  for (const [scenario, bar] of Object.entries(SCENARIOS) as [Scenario, number][]) {
    const ours = figure(OURS, scenario);
    const peers = PEERS.map((peer) => ({ peer, figure: figure(peer, scenario) })).toSorted((a, b) => b.figure - a.figure);
    const best = peers[0]?.figure ?? NaN;
    const all = [{ peer: OURS, figure: ours }, ...peers].map((one) => `${one.peer} ${(one.figure / 1e6).toFixed(3)}M`).join(' · ');
    console.log(`pool, ${scenario}: ${all} per CPU-second · ${(ours / best).toFixed(2)}× the best peer (bar ${bar}×)`);
    expect.soft(ours / best, scenario).toBeGreaterThanOrEqual(bar);
  }
  const growth = (contestant: string): number => figure(contestant, '100 waiters') / figure(contestant, '50,000 waiters');
  const ours = growth(OURS);
  const bare = growth(BARE);
  // 50,000 callers that wait outlive the young generation: the collector moves what each of them holds twice, pool or no pool.
  console.log(
    `pool: an operation among 50,000 waiters costs ${ours.toFixed(2)}× one among 100; with promises in a ring ${bare.toFixed(2)}×, ` +
      `with callers that all wait for one promise ${growth(NOTHING).toFixed(2)}×`,
  );
  expect.soft(ours / bare).toBeLessThanOrEqual(1.5);
});
