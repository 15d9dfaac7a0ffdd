import { describe, expect, it } from 'vitest';
import { renderCodeQuality } from '../../../src/render/codeQuality.ts';
import { renderMachineLine } from '../../../src/render/machineLine.ts';
import { renderTerminal } from '../../../src/render/terminal.ts';
import { hostileReport } from './hostileReport.ts';
import { finding, report, scenario, test } from './sampleReports.ts';

const context = { repositoryPath: (file: string) => (file.startsWith('..') ? null : `tests/${file}`) };
const origin = { file: 'orders.spec.ts', line: 45, column: 17 };
const spec = { file: 'orders.spec.ts', line: 41, titlePath: ['orders.spec.ts', 'exports'], title: 'exports' };

interface Entry {
  readonly description: string;
  readonly check_name: string;
  readonly fingerprint: string;
  readonly severity: string;
  readonly location: { readonly path: string; readonly lines: { readonly begin: number } };
}

function codeQuality(...args: Parameters<typeof report>): Entry[] {
  return JSON.parse(renderCodeQuality(report(...args), context)) as Entry[];
}

describe('the code quality report for GitLab', () => {
  it('has an entry for a leak, at its line in the repository', () => {
    const leak = finding(0, { origin, hint: 'close it', fingerprint: '0123456789abcdef' });
    expect(codeQuality([test(0, { ...spec, findings: [leak] })])).toEqual([
      {
        description: 'fd · /tmp/orders.csv is still open in orders.spec.ts:41 › exports: close it',
        check_name: 'leak-fd',
        fingerprint: '0123456789abcdef',
        severity: 'critical',
        location: { path: 'tests/orders.spec.ts', lines: { begin: 45 } },
      },
    ]);
  });

  it('tells what fails the gate from what does not, and leaves out what is allowed', () => {
    const gate = { failed: true, reasons: ['1 new leak'], failOn: 'new' };
    const findings = [
      finding(3, { status: 'allowed' }),
      finding(2, { severity: 'late' }),
      finding(1, { status: 'known' }),
      finding(0, { status: 'new' }),
    ];
    expect(codeQuality([test(0, { findings })], { gate }).map((entry) => [entry.check_name, entry.severity])).toEqual([
      ['leak-fd', 'critical'],
      ['leak-process', 'major'],
      ['leak-late', 'minor'],
    ]);
  });

  it('has every fingerprint once', () => {
    const leak = finding(0);
    const findings = [leak, { ...leak, status: 'known' as const }, { ...leak, severity: 'late' as const }];
    const fingerprints = codeQuality([test(0, { findings })]).map((entry) => entry.fingerprint);
    expect(fingerprints).toEqual([leak.fingerprint, `${leak.fingerprint}-late`]);
  });

  it('names a file of the repository for what a worker left behind, since every entry must', () => {
    const left = finding(1, { origin: null, scope: 'worker' });
    const worker = { workerIndex: 0, pid: 1, ended: 'in order', findings: [left], courses: {}, notes: [] } as const;
    expect(codeQuality([test(0, spec)], { workers: [worker] })[0]?.location).toEqual({ path: 'tests/orders.spec.ts', lines: { begin: 1 } });
    expect(codeQuality([], { workers: [worker] })).toEqual([]);
  });

  it('has scenarios that failed, recognized by their name and their test', () => {
    const scenarios = [scenario(), scenario({ name: 'held', failed: false, verdict: 'pass' })];
    const [first, ...more] = codeQuality([test(0, spec)], { scenarios });
    expect(more).toEqual([]);
    expect(first).toMatchObject({ check_name: 'leak-scenario', description: expect.stringMatching(/^scenario drawer leaks/) as string });
    expect(codeQuality([test(0, { ...spec, line: 99 })], { scenarios })[0]?.fingerprint).toBe(first?.fingerprint);
    expect(codeQuality([test(0, { ...spec, titlePath: ['x'] })], { scenarios })[0]?.fingerprint).not.toBe(first?.fingerprint);
  });

  it('does not name a file whose name no repository can hold', () => {
    const leaky = test(0, { ...spec, findings: [finding(0, { origin: { ...origin, file: 'a\u001b.ts' } })] });
    expect(codeQuality([leaky])[0]?.location).toEqual({ path: 'tests/orders.spec.ts', lines: { begin: 41 } });
    expect(codeQuality([test(0, { ...leaky, file: '\ud800.ts' })])).toEqual([]);
  });

  it('has whole lines from 1 on, also of a report that was written by hand', () => {
    expect(codeQuality([test(0, { ...spec, line: 0.5, findings: [finding(0, { origin: null })] })])[0]?.location.lines).toEqual({
      begin: 1,
    });
  });

  it('is an empty list when nothing leaks', () => {
    expect(renderCodeQuality(report([test(0)]), context)).toBe('[]\n');
  });

  it('stays JSON that UTF-8 can hold, and small, whatever it shows', () => {
    const text = renderCodeQuality(hostileReport(), context);
    expect(Buffer.from(text).toString()).toBe(text);
    for (const { description } of JSON.parse(text) as Entry[]) expect(description).not.toMatch(/[\u0000-\u001f\u202e]|\p{Surrogate}/u);
    expect(text.length).toBeLessThan(20_000);
  });
});

describe('the line for programs', () => {
  it('says the outcome in pairs whose order stays', () => {
    const leaky = report([test(0, { findings: [finding(0), finding(4, { severity: 'late' })] })], { scenarios: [scenario()] });
    expect(renderMachineLine(leaky)).toBe(
      'leak: verdict=leak gate=failed fail-on=leak new=1 known=0 allowed=0 late=1 inconclusive=0 scenarios-failed=1 tests=passed results=1',
    );
  });

  it('is one line without spaces in its values, whatever a report says', () => {
    const line = renderMachineLine({ ...hostileReport(), gate: { failed: false, reasons: [], failOn: 'a b\nc=d' } });
    expect(line).toMatch(/^leak:(?: [a-z-]+=[a-z0-9]+)+$/);
  });

  it('stands before the last line of the verdict where it is asked for', () => {
    const clean = report([test(0)]);
    const lines = renderTerminal(clean, { columns: 100, color: false, machineLine: true }).trimEnd().split('\n');
    expect(lines.at(-2)).toBe(renderMachineLine(clean));
    expect(lines.at(-1)).toMatch(/^GATE PASSED/);
    expect(renderTerminal(clean, { columns: 100, color: false })).not.toContain('verdict=');
  });
});
