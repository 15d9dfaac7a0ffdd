import { describe, expect, it } from 'vitest';
import { runProof, type ProofPool } from './resilienceProof.ts';

/** `npm run bench -- resilienceProof` runs a thousand of each. */
const COUNTS: Record<ProofPool, number> = { http: 300, browser: 6 };

describe.each([100, 200])('at a soft limit of %d descriptors', (limit) => {
  it.each(['http', 'browser'] as const)(
    'tasks that succeed, fail, are cancelled and come at once leave nothing behind: %s',
    async (pool) => {
      const count = COUNTS[pool];
      const proofs = await runProof(
        pool,
        { sequential: count, failing: count, cancelled: count, concurrent: count },
        { softFdLimit: limit },
      );
      expect(proofs.map(({ kind, ok, failed, cancelled, other }) => ({ kind, ok, failed, cancelled, other }))).toEqual([
        { kind: 'sequential', ok: count, failed: 0, cancelled: 0, other: [] },
        { kind: 'failing', ok: 0, failed: count, cancelled: 0, other: [] },
        { kind: 'cancelled', ok: 0, failed: 0, cancelled: count, other: [] },
        { kind: 'concurrent', ok: count, failed: 0, cancelled: 0, other: [] },
      ]);
      for (const { kind, findings, end, above, limit: inForce } of proofs) {
        expect(inForce, kind).toBe(limit);
        expect(findings, kind).toEqual([]);
        expect(end.processes, kind).toBe(0);
        expect(end.fds, kind).toBeLessThanOrEqual(10);
        expect(above, kind).toBeLessThan(50);
      }
    },
  );
});

it.each<[ProofPool, RegExp]>([
  ['http', /^leak handle: socket/],
  ['browser', /^leak (?:browser|process)/],
])('the detector that says so is awake: a pool of kind %s that is not closed is found', async (pool, finding) => {
  const [proof] = await runProof(pool, { sequential: 2 }, { forgetful: true });
  expect(proof?.findings).toContainEqual(expect.stringMatching(finding));
});
