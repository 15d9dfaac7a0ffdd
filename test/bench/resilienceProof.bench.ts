import { describe, expect, it } from 'vitest';
import { runProof, type Proof, type ProofPool } from '../e2e/resilienceProof.ts';

/** A thousand is what is claimed; less is for trying it out. */
const TASKS = Number(process.env['PROOF_TASKS'] ?? 1_000);
const TOGETHER = 100;
const LIMITS = [100, 200, null];

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

describe.each<ProofPool>(['http', 'browser'])('%s', (pool) => {
  it.each(LIMITS)('leaves nothing behind after thousands of tasks, at a soft limit of %s descriptors', async (softFdLimit) => {
    const counts = { sequential: TASKS, failing: TASKS, cancelled: TASKS, concurrent: TOGETHER };
    const proofs = await runProof(pool, counts, { softFdLimit });
    console.log(`\n${pool}, soft limit ${String(proofs[0]?.limit)}; descriptors and processes are above the start`);
    console.table(Object.fromEntries(proofs.map((proof) => [proof.kind, row(proof)])));
    for (const { kind, findings, other, above, end } of proofs) {
      expect.soft(other, kind).toEqual([]);
      expect.soft(findings, kind).toEqual([]);
      expect.soft(above, kind).toBeLessThan(50);
      expect.soft(end.fds, kind).toBeLessThanOrEqual(10);
      expect.soft(end.processes, kind).toBe(0);
    }
  });
});
