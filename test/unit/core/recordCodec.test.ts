import { describe, expect, it } from 'vitest';
import type { RecordedFinding, TestRecord } from '../../../src/core/record.ts';
import { decodeJournalLine, decodeRecord, encodeRecord } from '../../../src/core/recordCodec.ts';
import { aFinding } from './reportSamples.ts';

function record(findings: readonly RecordedFinding[]): TestRecord {
  return {
    version: 1,
    verdict: 'leak',
    overheadMs: 0.5,
    counts: { fds: 20, processes: 1, handles: 4, heapBytes: null },
    findings,
    notes: [],
  };
}

describe('a test record', () => {
  it('comes back from its text as it was', () => {
    const original = record([aFinding('a'), aFinding('b', { origin: null, bytes: 12, severity: 'late' })]);
    expect(decodeRecord(encodeRecord(original))).toEqual({ value: original, problems: [] });
  });

  it('loses its stacks first when it is too long, and says so', () => {
    const stack = Array.from({ length: 50 }, (_, index) => `at /suite/a.spec.ts:${String(index)}:1`);
    const { value } = decodeRecord(encodeRecord(record([aFinding('a', { stack })]), 1000));
    expect(value?.findings).toEqual([aFinding('a', { stack: stack.slice(0, 1) })]);
    expect(value?.notes).toEqual(['The record was too long: stacks were shortened.']);
  });

  it('keeps its verdict and as many findings as fit when it is far too long', () => {
    const many = record(Array.from({ length: 1000 }, (_, index) => aFinding(String(index), { summary: 'x'.repeat(5000) })));
    const text = encodeRecord(many, 20_000);
    const { value } = decodeRecord(text);
    expect(text.length).toBeLessThanOrEqual(20_000);
    expect(value?.verdict).toBe('leak');
    expect(value?.findings.length).toBeGreaterThan(10);
    expect(value?.notes.join()).toMatch(/left out, and \d+ findings/);
  });

  it.each(['', '{', 'null', '[]', '"text"', '{"version":1}', '{"version":1,"verdict":"maybe"}'])(
    'that is %j is left out with a sentence',
    (text) => {
      const { value, problems } = decodeRecord(text);
      expect(value).toBeNull();
      expect(problems).toHaveLength(1);
    },
  );

  it('of a newer version is left out and names both versions', () => {
    expect(decodeRecord('{"version":2,"verdict":"pass"}').problems[0]).toMatch(/version 2.*version 1/);
  });

  it('keeps whole findings beside a damaged one and counts the damage', () => {
    const text = JSON.stringify({ ...record([aFinding('a')]), findings: [aFinding('a'), { kind: 'fd' }, 7] });
    const { value, problems } = decodeRecord(text);
    expect(value?.findings).toEqual([aFinding('a')]);
    expect(problems).toEqual(['2 of its findings could not be read and were left out.']);
  });

  it('with fields of wrong types falls back to the weakest true statement', () => {
    const strange = {
      ...aFinding('a'),
      count: 'many',
      origin: { file: 7 },
      stack: 'at',
      scope: 'moon',
      status: 3,
      hint: null,
      evidence: [],
    };
    const { value } = decodeRecord(JSON.stringify({ ...record([]), overheadMs: -1, counts: 'x', findings: [strange] }));
    expect(value?.findings[0]).toEqual(aFinding('a', { count: 1, origin: null, stack: [], hint: '', evidence: {} }));
    expect(value?.overheadMs).toBe(0);
    expect(value?.counts).toEqual({ fds: null, processes: null, handles: null, heapBytes: null });
  });
});

describe('a journal line', () => {
  it('is read whatever its type', () => {
    const start = { type: 'start', workerIndex: 2, pid: 77, detectors: [{ name: 'fds', available: false, reason: 'no /proc' }] };
    const closed = { type: 'closed', id: '2-1', by: 'itself', afterMs: 40 };
    const end = { type: 'end', findings: [aFinding('w')], counts: { fds: 1, processes: 0, handles: 0, heapBytes: 5 }, notes: ['n'] };
    for (const entry of [start, closed, end]) expect(decodeJournalLine(JSON.stringify(entry))).toEqual({ value: entry, problems: [] });
  });

  it('of an unknown type is skipped without complaint', () => {
    expect(decodeJournalLine('{"type":"heartbeat"}')).toEqual({ value: null, problems: [] });
  });

  it.each([
    '{"type":"clo',
    '7',
    '{}',
    '{"type":"closed"}',
    '{"type":"closed","id":"a","by":"cat"}',
    '{"type":"start"}',
    '{"type":"scenario","testId":"a","retry":0,"scenario":7}',
  ])('%j is a problem', (line) => {
    const { value, problems } = decodeJournalLine(line);
    expect(value).toBeNull();
    expect(problems).toHaveLength(1);
  });
});
