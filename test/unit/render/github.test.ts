import { describe, expect, it } from 'vitest';
import { renderGithub, withoutCommands } from '../../../src/render/github.ts';
import { renderTerminal } from '../../../src/render/terminal.ts';
import { HOSTILE_FILE, hostileReport } from './hostileReport.ts';
import { finding, report, scenario, test } from './sampleReports.ts';
import { workflowCommands } from './workflowCommand.ts';

const context = { repositoryPath: (file: string) => (file.startsWith('..') ? null : `tests/${file}`) };
const origin = { file: 'orders.spec.ts', line: 45, column: 17 };
const spec = { file: 'orders.spec.ts', line: 41, titlePath: ['orders.spec.ts', 'exports'], title: 'exports' };

describe('annotations on GitHub', () => {
  it('are an error at the line that opened a leak, by its path in the repository, and the gate', () => {
    const text = renderGithub(report([test(0, { ...spec, findings: [finding(0, { origin, hint: 'close it' })] })]), context);
    expect(text).toBe(
      '::error file=tests/orders.spec.ts,line=45,col=17,title=leak in orders.spec.ts%3A41 › exports::fd · /tmp/orders.csv is still open' +
        '%0Aopened at orders.spec.ts:45:17%0Aclose it\n::error title=leak%3A gate failed::1 new leaks\n',
    );
  });

  it.each([
    ['in a package', 'node_modules/pg/client.js'],
    ['outside of the repository', '../lib/pool.ts'],
  ])('stand at the test when the line that opened it lies %s, which is told', (_where, file) => {
    const leaky = test(0, { ...spec, findings: [finding(0, { origin: { file, line: 3, column: 1 } })] });
    expect(workflowCommands(renderGithub(report([leaky]), context))[0]).toMatchObject({
      properties: { file: 'tests/orders.spec.ts', line: '41' },
      data: expect.stringContaining(`opened at ${file}:3:1`) as string,
    });
  });

  it('are one for a leak of many tests', () => {
    const findings = [finding(0, { origin })];
    const [error] = workflowCommands(renderGithub(report([1, 2, 3].map((index) => test(index, { ...spec, findings }))), context));
    expect(error?.data).toContain('(3 times)');
    expect(error?.properties['title']).toBe('leak in orders.spec.ts:41 › exports and 2 more');
  });

  it('are no more than GitHub shows of a level, and say how many more there are', () => {
    const many = Array.from({ length: 25 }, (_, index) => finding(index));
    const late = many.map((leak, index) => ({ ...leak, severity: 'late' as const, fingerprint: `late-${index}` }));
    const commands = workflowCommands(renderGithub(report([test(0, { findings: [...many, ...late] })]), context));
    expect(commands.filter(({ name }) => name === 'error')).toHaveLength(10);
    expect(commands.filter(({ name }) => name === 'warning')).toHaveLength(10);
    expect(commands.findLast(({ name }) => name === 'error')?.data).toBe(
      '25 new leaks\n16 more without an annotation here: see the job summary and report.json',
    );
    expect(commands.findLast(({ name }) => name === 'warning')?.data).toBe('and 16 more, see the job summary and report.json');
  });

  it('warn of what closed late, and of leaks that do not gate because nothing does', () => {
    const late = finding(4, { severity: 'late', summary: 'browser chromium closed 86 ms after its test' });
    const names = (failOn: string, status: 'new' | 'known' | 'allowed'): string[] => {
      const leaky = report([test(0, { findings: [finding(0, { status }), late] })], { gate: { failed: false, reasons: [], failOn } });
      return workflowCommands(renderGithub(leaky, context)).map(({ name }) => name);
    };
    expect(names('never', 'new')).toEqual(['warning', 'warning']);
    expect(names('new', 'known')).toEqual(['warning']);
    expect(names('leak', 'known')).toEqual(['error', 'warning']);
    expect(names('leak', 'allowed')).toEqual(['warning']);
    const allowed = report([test(0, { findings: [{ ...late, status: 'allowed' }] })]);
    expect(renderGithub(allowed, context)).toBe('');
  });

  it('name a scenario that failed, at the line that opened what it left', () => {
    const origins = [finding(0, { origin })];
    const text = renderGithub(report([test(0, spec)], { scenarios: [scenario({ findings: origins })] }), context);
    expect(workflowCommands(text)).toMatchObject([
      {
        properties: { file: 'tests/orders.spec.ts', line: '45', title: 'leak in orders.spec.ts:41 › exports' },
        data: expect.stringContaining('scenario drawer leaks: fds +0.01 per iteration') as string,
      },
    ]);
  });

  it('are none when nothing leaks', () => {
    expect(renderGithub(report([test(0)]), context)).toBe('');
  });

  it('say why the gate failed when no leak did', () => {
    const gate = { failed: true, reasons: ['2 inconclusive tests'], failOn: 'inconclusive' };
    expect(workflowCommands(renderGithub(report([test(0)], { gate }), context))).toEqual([
      { name: 'error', properties: { title: 'leak: gate failed' }, data: '2 inconclusive tests' },
    ]);
  });

  it('let no title, path or hint become another command or property', () => {
    const log = renderGithub(hostileReport(), context);
    const commands = workflowCommands(log);
    expect(commands.map(({ name }) => name)).toEqual(['error', 'error', 'error', 'warning', 'error']);
    expect(commands).toHaveLength(log.trimEnd().split(/[\n\r\u2028\u2029]/).length);
    for (const { properties } of commands)
      expect(['col', 'file', 'line', 'title']).toEqual(expect.arrayContaining(Object.keys(properties)));
    expect(commands[0]?.properties['file']).toBe(`tests/${HOSTILE_FILE}`);
    expect(commands[0]?.properties['title']).toContain('"><script>alert(1)</script>');
    expect(commands[0]?.data).toContain('"><script>alert(1)</script>');
    expect(log).not.toContain('\u001b');
    expect(log.length).toBeLessThan(20_000);
  });
});

describe('the verdict in the log of a GitHub step', () => {
  it('holds no commands, whatever it shows', () => {
    const source = () => ['x', '::error::from the code', 'y'];
    const text = `${renderTerminal(hostileReport(), { columns: 40, color: false, source })}\r::error::x\n\t::warning::y\n`;
    expect(workflowCommands(text)).not.toEqual([]);
    expect(workflowCommands(withoutCommands(text))).toEqual([]);
  });

  it('is else as it was', () => {
    const text = renderTerminal(report([test(0, { findings: [finding(0)] })]), { columns: 100, color: false });
    expect(withoutCommands(text)).toBe(text);
  });
});
