import { afterAll, describe, expect, it } from 'vitest';
import { runProof, type Proof, type ProofPool, type TaskCounts } from '../e2e/resilienceProof.ts';

/** A thousand is what is claimed; less is for trying it out. */
const TASKS = Number(process.env['PROOF_TASKS'] ?? 1_000);
const TOGETHER = 100;
/** `null` leaves the machine's own limit. */
const LIMITS = [100, 200, null];

/** Descriptors and processes are above the start. */
function row({ count, ok, failed, cancelled, other, samples, above, running, made, end, findings, ms }: Proof) {
  return {
    tasks: count,
    'ok/failed/cancelled/other': `${ok}/${failed}/${cancelled}/${other.length}`,
    made,
    samples,
    'most fds': above,
    'most processes': running,
    'fds at the end': end.fds,
    'processes at the end': end.processes,
    leaks: findings.filter((finding) => finding.startsWith('leak')).length,
    seconds: Math.round(ms / 100) / 10,
  };
}

const COUNTS: TaskCounts = { sequential: TASKS, failing: TASKS, cancelled: TASKS, concurrent: TOGETHER };
const KINDS = Object.entries(COUNTS) as [keyof TaskCounts, number][];

const table: Record<string, string | number>[] = [];
afterAll(() => {
  console.table(table);
});

describe.each<ProofPool>(['http', 'browser'])('%s', (pool) => {
  describe.each(LIMITS)('at a soft limit of %s descriptors', (softFdLimit) => {
    it.each(KINDS)('%s tasks, %d of them, leave nothing behind', async (kind, count) => {
      const [proof] = await runProof(pool, { [kind]: count }, { softFdLimit });
      if (proof === undefined) throw new Error('the program proved nothing');
      table.push({ pool, limit: proof.limit, kind, ...row(proof) });
      console.log(JSON.stringify({ pool, ...proof }));
      const { findings, other, above, end } = proof;
      expect.soft({ findings, other }).toEqual({ findings: [], other: [] });
      expect.soft(above).toBeLessThan(50);
      expect.soft(end.fds).toBeLessThanOrEqual(10);
      expect.soft(end.processes).toBe(0);
    });
  });
});
