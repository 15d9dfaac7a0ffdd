import { describe, expect, it } from 'vitest';
import { auditFindings, type LeftProcess } from '../../../src/core/auditFindings.ts';

function left(pid: number, fields: Partial<LeftProcess> = {}): LeftProcess {
  const argv = ['node', 'server.js'];
  return {
    pid,
    ppid: 1,
    startTime: pid,
    label: 'node server.js',
    argv,
    state: 'S',
    workerIndex: 0,
    isWorker: false,
    browserPid: null,
    descendants: [],
    ...fields,
  };
}

describe('the audit after a run', () => {
  it('makes one finding of a browser with its renderers and its crash handler', () => {
    const found = auditFindings(
      [left(10), left(11, { ppid: 10 }), left(12, { ppid: 11, descendants: [13] }), left(14, { browserPid: 10 })],
      new Set(),
    );
    expect([...found]).toMatchObject([[0, [{ kind: 'process', scope: 'worker', evidence: { pid: 10, descendants: [11, 12, 13, 14] } }]]]);
    expect(found.get(0)).toHaveLength(1);
  });

  it('makes two findings of two trees, each with the command that ends it', () => {
    const found = auditFindings([left(10), left(20, { workerIndex: 3 })], new Set());
    expect(found.get(0)?.[0]?.hint).toContain('kill 10');
    expect(found.get(3)?.[0]?.hint).toContain('kill 20');
  });

  it('calls a stuck worker by its name and takes its browser along', () => {
    const worker = left(10, { workerIndex: null, isWorker: true, label: 'node workerProcessEntry.js' });
    const found = auditFindings([worker, left(11, { ppid: 10, workerIndex: 2 })], new Set());
    expect(found.get(2)).toMatchObject([{ scope: 'worker', evidence: { type: 'playwright worker', pid: 10, descendants: [11] } }]);
    expect(found.size).toBe(1);
  });

  it('tells of a daemon that set-up or a web server started, as the run’s, and allows it', () => {
    const found = auditFindings([left(10, { workerIndex: null }), left(11, { workerIndex: null, ppid: 10 })], new Set());
    expect([...found]).toMatchObject([
      [-1, [{ scope: 'run', status: 'allowed', evidence: { pid: 10, allowedBecause: expect.stringContaining('set-up') as string } }]],
    ]);
  });

  it('charges a worker that is stuck before its first test, and what a worker started below such a daemon', () => {
    expect(auditFindings([left(10, { workerIndex: null, isWorker: true })], new Set()).get(-1)).toMatchObject([{ status: 'new' }]);
    const found = auditFindings([left(10, { workerIndex: null }), left(11, { workerIndex: 2, ppid: 10 })], new Set());
    expect([...found]).toMatchObject([[2, [{ scope: 'worker', status: 'new' }]]]);
  });

  it('leaves out what a test was charged with already', () => {
    expect(auditFindings([left(10), left(11, { ppid: 10 })], new Set([11]))).toEqual(new Map());
    expect(auditFindings([left(10, { descendants: [12] })], new Set([12]))).toEqual(new Map());
  });
});
