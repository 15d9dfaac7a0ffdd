import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

/** How one contestant did: operations for each second of CPU time, the median of all rounds. */
export interface Standing {
  readonly name: string;
  readonly opsPerCpuSecond: number;
}

const run = promisify(execFile);

/**
 * Lets contestants compete, each time in a fresh process, in an order that turns round from one round to the next.
 *
 * @param file Exports `scenarios`; see `contestant.mjs`.
 * @param batch How many operations one measured batch has.
 */
export async function contest(file: string, scenario: string, names: readonly string[], batch: number, rounds = 5): Promise<Standing[]> {
  const medians = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const script = path.join(import.meta.dirname, 'contestant.mjs');
      const { stdout } = await run(process.execPath, [script, path.join(import.meta.dirname, file), scenario, name]);
      const { medianMs } = JSON.parse(stdout) as { medianMs: number };
      medians.get(name)?.push(medianMs);
    }
  }
  return [...medians].map(([name, values]) => ({ name, opsPerCpuSecond: (batch / median(values)) * 1_000 }));
}

/** Prints the standings, and returns how the first contestant does against the best of the others. */
export function ratioToBestPeer(title: string, standings: readonly Standing[]): number {
  const [own, ...peers] = standings;
  const best = peers.reduce((a, b) => (a.opsPerCpuSecond >= b.opsPerCpuSecond ? a : b), peers[0] ?? { name: '', opsPerCpuSecond: NaN });
  const ratio = (own?.opsPerCpuSecond ?? NaN) / best.opsPerCpuSecond;
  console.log(`\n${title}: ${ratio.toFixed(2)} × ${best.name}`);
  for (const { name, opsPerCpuSecond } of standings) {
    console.log(`  ${name.padEnd(22)} ${Math.round(opsPerCpuSecond).toLocaleString('en').padStart(12)} ops per CPU-second`);
  }
  return ratio;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
