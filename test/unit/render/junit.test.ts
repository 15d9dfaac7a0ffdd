import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { renderJunit } from '../../../src/render/junit.ts';
import { element, xmlDocument } from '../../../src/render/xml.ts';
import { HOSTILE, HOSTILE_FILE, hostileReport } from './hostileReport.ts';
import { finding, largeReport, report, scenario, test } from './sampleReports.ts';

const context = { repositoryPath: (file: string) => `tests/${file}` };
const origin = { file: 'shop/orders.spec.ts', line: 2, column: 17 };
const spec = { file: 'shop/orders.spec.ts', line: 1, titlePath: ['shop/orders.spec.ts', 'Orders', 'exports'], title: 'exports' };

interface Node {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Node[];
  text: string;
}

/** Strict: throws for what is not well-formed. */
function parse(xml: string): Node {
  const root: Node = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const parser = new SaxesParser();
  parser.on('opentag', ({ name, attributes }) => {
    const node: Node = { name, attributes, children: [], text: '' };
    open.at(-1)?.children.push(node);
    open.push(node);
  });
  parser.on('text', (text) => {
    const node = open.at(-1);
    if (node !== undefined) node.text += text;
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.on('error', (error: Error) => {
    throw error;
  });
  parser.write(xml).close();
  return root.children[0] ?? root;
}

function all(node: Node, name: string): Node[] {
  return [...(node.name === name ? [node] : []), ...node.children.flatMap((child) => all(child, name))];
}

function junit(...args: Parameters<typeof report>): Node {
  return parse(renderJunit(report(...args), context));
}

/** name → what is in it. */
function outcomes(root: Node): Record<string, string[]> {
  return Object.fromEntries(
    all(root, 'testcase').map(({ attributes, children }) => [attributes['name'] ?? '', children.map(({ name }) => name)] as const),
  );
}

describe('the JUnit file', () => {
  it('has a test case for every test, which fails when it leaked, with the line and its code', () => {
    const leaky = report([
      test(0, { ...spec, id: 'a', findings: [finding(0, { origin, fingerprint: 'f'.repeat(16), hint: 'close it' })] }),
    ]);
    const source = () => "test('exports', () => {\n  const fd = fs.openSync(name);\n});\n".split('\n');
    expect(renderJunit(leaky, { ...context, source })).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="leak" tests="3" failures="2" errors="0" time="0.001">
  <testsuite name="shop/orders.spec.ts" tests="1" failures="1" errors="0" skipped="0" time="0.001">
    <testcase name="[chromium] Orders › exports" classname="leak.shop.orders_spec_ts" file="tests/shop/orders.spec.ts" time="0.001">
      <properties>
        <property name="leak.fingerprint" value="ffffffffffffffff"/>
      </properties>
      <failure message="fd · /tmp/orders.csv is still open, opened at shop/orders.spec.ts:2:17" type="leak.fd">LEAK  fd · /tmp/orders.csv is still open                                        shop/orders.spec.ts:1 › Orders › exports
      opened at shop/orders.spec.ts:2:17
        1 | test(&#39;exports&#39;, () =&gt; {
      &gt; 2 |   const fd = fs.openSync(name);
          |                 ^
        3 | });
      close it</failure>
    </testcase>
  </testsuite>
  <testsuite name="workers" tests="1" failures="0" errors="0" skipped="0" time="0.000">
    <testcase name="what hooks, worker fixtures and the run left behind" classname="leak.workers" time="0.000"/>
  </testsuite>
  <testsuite name="gate" tests="1" failures="1" errors="0" skipped="0" time="0.000">
    <testcase name="the gate holds" classname="leak.gate" time="0.000">
      <failure message="1 new leaks" type="leak.gate"/>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  it('fails for what gates only; the rest is told in the output', () => {
    const gate = { failed: false, reasons: [], failOn: 'new' };
    const findings = [
      finding(0, { status: 'known' }),
      finding(1, { status: 'allowed', evidence: { allowedBecause: 'held on purpose' } }),
      finding(2, { severity: 'late' }),
    ];
    const root = junit([test(0, { ...spec, findings })], { gate });
    expect(outcomes(root)['[chromium] Orders › exports']).toEqual(['properties', 'system-out']);
    expect(all(root, 'system-out')[0]?.text).toMatch(/^KNOWN fd · [^]*\nALLOWED process · .*: held on purpose\n\nLATE {2}handle · /);
    expect(root.attributes).toMatchObject({ tests: '3', failures: '0' });
    expect(junit([test(0, { findings })], { gate: { ...gate, failOn: 'leak' } }).attributes).toMatchObject({ failures: '1' });
  });

  it('counts a retried test once, with what every attempt leaked', () => {
    const first = test(0, { ...spec, retry: 0, status: 'failed', findings: [finding(0)] });
    const root = junit([first, { ...first, retry: 1, status: 'passed', findings: [finding(1)] }]);
    expect(all(root, 'testsuite')[0]?.attributes).toMatchObject({ tests: '1', failures: '1' });
    expect(all(root, 'failure')[0]?.attributes['message']).toBe(
      'fd · /tmp/orders.csv is still open, opened at area-0/orders.spec.ts:30:17 (and 1 more)',
    );
    expect(all(root, 'property')).toHaveLength(2);
  });

  it('skips tests that were skipped or could not be judged, unless those fail the gate', () => {
    const tests = [
      test(1, { title: 'left out', titlePath: ['a', 'left out'], project: '', status: 'skipped' }),
      test(2, { title: 'lost', titlePath: ['a', 'lost'], project: '', verdict: 'inconclusive', notes: ['Its worker ended.'] }),
    ];
    const root = junit(tests);
    expect(outcomes(root)).toMatchObject({ 'left out': ['skipped'], lost: ['skipped'] });
    expect(all(root, 'skipped')[1]?.attributes).toEqual({ message: 'Its worker ended.' });
    const unsure = scenario({ testId: 't', failed: false, verdict: 'inconclusive' });
    const withScenario = junit([test(0, { id: 't', verdict: 'inconclusive', notes: [] })], { scenarios: [unsure] });
    expect(all(withScenario, 'skipped')[0]?.attributes).toEqual({ message: 'Its scenario drawer is inconclusive.' });
    const strict = junit(tests, { gate: { failed: true, reasons: ['1 inconclusive test'], failOn: 'inconclusive' } });
    expect(outcomes(strict)).toMatchObject({ lost: ['error'], 'the gate holds': ['failure'] });
    expect(strict.attributes).toMatchObject({ errors: '1', failures: '1' });
  });

  it('fails a test that leaked before it skipped itself, and skips its clean twin', () => {
    const skipped = { project: '', status: 'skipped' } as const;
    const root = junit([
      test(0, { ...skipped, title: 'leaks', titlePath: ['a', 'leaks'], findings: [finding(0)] }),
      test(1, { ...skipped, title: 'twin', titlePath: ['a', 'twin'] }),
    ]);
    expect(outcomes(root)).toMatchObject({ leaks: ['properties', 'failure'], twin: ['skipped'] });
    const suites = all(root, 'testsuite').map(({ attributes: { failures, skipped: left } }) => ({ failures, left }));
    expect(suites.slice(0, -2).reduce((sum, { failures, left }) => sum + Number(failures) + Number(left), 0)).toBe(2);
    // What does not gate is told, and the test stays skipped.
    const allowed = finding(0, { status: 'allowed', evidence: { allowedBecause: 'held on purpose' } });
    expect(outcomes(junit([test(0, { ...skipped, title: 'twin', titlePath: ['a', 'twin'], findings: [allowed] })]))).toMatchObject({
      twin: ['properties', 'skipped', 'system-out'],
    });
  });

  it('has a test case for every scenario, with its charts, and for what workers left behind', () => {
    const left = finding(1, { origin: null, scope: 'worker' });
    const workers = [{ workerIndex: 0, pid: 1, ended: 'in order', findings: [left], courses: {}, notes: [] }] as const;
    const owner = test(0, { ...spec, project: '' });
    const scenarios = [
      scenario({ testId: owner.id }),
      scenario({ testId: owner.id, name: 'held', failed: false, verdict: 'pass' }),
      scenario({ testId: 'unknown', name: 'unsure', failed: false, verdict: 'inconclusive' }),
    ];
    const root = junit([owner], { scenarios, workers });
    expect(outcomes(root)).toEqual({
      'Orders › exports': [],
      'Orders › exports › scenario drawer': ['failure'],
      'Orders › exports › scenario held': ['system-out'],
      'scenario unsure': ['skipped', 'system-out'],
      'what hooks, worker fixtures and the run left behind': ['failure'],
      'the gate holds': [],
    });
    expect(all(root, 'failure')[0]?.text).toMatch(/LEAK {2}scenario drawer · 1000 iterations[^]*╭/);
  });

  it('has what the parsers of Jenkins and GitLab know, and no type that GitLab takes for one of its own', () => {
    const root = parse(renderJunit(hostileReport(), context));
    const children: Record<string, string[]> = {
      testsuites: ['testsuite'],
      testsuite: ['testcase'],
      testcase: ['properties', 'skipped', 'error', 'failure', 'system-out'],
      properties: ['property'],
    };
    const visit = (node: Node): void => {
      expect(children[node.name] ?? []).toEqual(expect.arrayContaining([...new Set(node.children.map(({ name }) => name))]));
      node.children.forEach(visit);
    };
    visit(root);
    for (const { attributes } of all(root, 'failure')) expect(attributes['type']).toMatch(/^leak\.[a-z]+$/);
    for (const { attributes } of [root, ...all(root, 'testsuite')]) expect(attributes['time']).toMatch(/^\d+\.\d{3}$/);
    for (const suite of all(root, 'testsuite')) {
      const cases = suite.children;
      const count = (name: string): string =>
        String(cases.filter(({ children: inner }) => inner.some((child) => child.name === name)).length);
      expect(suite.attributes).toMatchObject({ tests: String(cases.length), failures: count('failure'), errors: count('error') });
      expect(suite.attributes['skipped']).toBe(count('skipped'));
    }
  });

  it('stays well-formed and small whatever it shows, and names no attachments', () => {
    const source = () => `${HOSTILE}\n`.repeat(3).split('\n');
    const text = renderJunit(hostileReport(), { ...context, source });
    const root = parse(text);
    expect(Buffer.from(text).toString()).toBe(text);
    expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202e]/);
    expect(all(root, 'testcase')[0]?.attributes['name']).toContain('"><script>alert(1)</script>');
    expect(all(root, 'testcase')[0]?.attributes['file']).toBe(`tests/${HOSTILE_FILE}`.replaceAll('\u202e', '\\u202e'));
    for (const out of all(root, 'system-out')) expect(out.text).not.toContain('[[');
    expect(text.length).toBeLessThan(60_000);
  });

  it('counts ten thousand tests', () => {
    const root = parse(renderJunit(largeReport(10_000, 2_000), context));
    expect(root.attributes).toMatchObject({ tests: '10002', failures: '2001' });
  });
});

describe('XML', () => {
  it('gives back what was put in, but for characters that it cannot hold', () => {
    const value = `a\r\n\tb "c" 'd' <e> & ]]> ü 😀 ${HOSTILE}`;
    const kept = value.replace(/[\u0000-\u0008\u000b\u000c\u001b\ufffe\uffff]|\p{Surrogate}/gu, '');
    const node = parse(xmlDocument(element('x', { value, left: undefined }, value)));
    expect(node).toEqual({ name: 'x', attributes: { value: kept }, children: [], text: kept });
  });
});
