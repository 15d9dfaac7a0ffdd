import { describe, expect, it } from 'vitest';
import { groupAlike, toFinding, type Place } from '../../../src/core/assemble.ts';
import { resource } from '../detector/fakeProbe.ts';

const place: Place = {
  scope: 'test',
  test: { file: '/suite/a.spec.ts', titlePath: ['a.spec.ts', 'exports'] },
  relative: (file) => file.replace('/suite/', ''),
  sourceLine: () => 'server.listen(0);',
};
const finding = (...args: Parameters<typeof resource>) => toFinding({ root: resource(...args), parts: [] }, place, null);

describe('toFinding', () => {
  it('says what is open, where it was opened and what to do', () => {
    expect(finding('handle:1', 7)).toMatchObject({
      summary: 'server 127.0.0.1:80 is still open',
      hint: expect.stringContaining('server.close()') as string,
      origin: { file: '/suite/a.spec.ts', line: 7, column: 3 },
      stack: ['at /suite/a.spec.ts:7:3'],
    });
  });

  it('says how late a resource closed, and advises to await it', () => {
    expect(toFinding({ root: resource('handle:1'), parts: [] }, place, 411.6)).toMatchObject({
      severity: 'late',
      summary: 'server 127.0.0.1:80 closed 412 ms after its test',
      hint: 'await its close before the test ends',
    });
  });

  it('lets no secret through, wherever a probe left it', () => {
    const label = 'https://shop:hunter2@example.test/?token=s3cr3t-value';
    const text = JSON.stringify(finding('handle:1', 7, { label, evidence: { deep: [{ url: label }] } }));
    expect(text).not.toMatch(/hunter2|s3cr3t/);
    expect(text).toContain('example.test');
  });

  it('keeps a fingerprint when only the line has moved, and tells tests apart', () => {
    expect(finding('handle:1', 7).fingerprint).toBe(finding('handle:2', 70).fingerprint);
    const elsewhere = { ...place, test: { file: '/suite/a.spec.ts', titlePath: ['a.spec.ts', 'imports'] } };
    expect(toFinding({ root: resource('handle:1', 7), parts: [] }, elsewhere, null).fingerprint).not.toBe(
      finding('handle:1', 7).fingerprint,
    );
  });
});

describe('groupAlike', () => {
  it('counts what is alike and from one line, and keeps other lines apart', () => {
    const groups = groupAlike([finding('handle:1', 7), finding('handle:2', 7), finding('handle:3', 8)]);
    expect(groups.map(({ count, origin }) => [origin?.line, count])).toEqual([
      [7, 2],
      [8, 1],
    ]);
  });

  it('keeps apart what a rule covers and what it does not, and what different rules cover', () => {
    const allowed = (reason: string) => ({ ...finding('handle:1', 7), status: 'allowed' as const, evidence: { allowedBecause: reason } });
    const groups = groupAlike([finding('handle:1', 7), allowed('a'), finding('handle:2', 7), allowed('b'), allowed('a')]);
    expect(groups.map(({ status, count }) => `${status} ${count}`)).toEqual(['new 2', 'allowed 2', 'allowed 1']);
  });

  it('names the first few of another name from the same line, each once, and nothing where all are alike', () => {
    const file = (name: string) => finding(`fd:${name}`, 7, { kind: 'fd', type: 'file', label: `/etc/${name}` });
    const others = (...names: readonly string[]) => groupAlike(names.map(file)).map(({ count, evidence }) => [count, evidence['others']]);
    expect(others('hosts', 'passwd', 'hosts', 'passwd')).toEqual([[4, ['/etc/passwd is still open']]]);
    expect(others('hosts', 'hosts')).toEqual([[2, undefined]]);
    expect(others('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')).toEqual([
      [8, ['b', 'c', 'd', 'e', 'f'].map((name) => `/etc/${name} is still open`)],
    ]);
  });

  it('names every process that a finding stands for', () => {
    const child = (pid: number) =>
      finding(`process:${String(pid)}:1`, 7, { kind: 'process', type: 'child', label: 'sleep', evidence: { pid } });
    expect(groupAlike([child(10), child(11), child(12)])[0]?.evidence['pids']).toEqual([10, 11, 12]);
  });
});
