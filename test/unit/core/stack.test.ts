import { describe, expect, it } from 'vitest';
import { formatFrame, openerOf, originOf, parseStack } from '../../../src/core/stack.ts';

const suite = (line: number) => `    at checkout (/suite/a.spec.ts:${String(line)}:9)`;
const library = '    at Client.connect (/suite/node_modules/pg/lib/client.js:10:5)';
const playwright = '    at Browser.newPage (/suite/node_modules/playwright-core/lib/coreBundle.js:1:2)';
const node = '    at Server.listen (node:net:100:5)';
const own = '    at Server.listen (node:leak:3:7)';

describe('parseStack', () => {
  it('reads named, anonymous, async, constructor and file URL frames, nearest first', () => {
    const frames = parseStack(
      [
        'Error: x',
        suite(4),
        '    at /suite/a.spec.ts:5:6',
        '    at async /suite/a.spec.ts:6:7',
        '    at async Page.goto (/suite/b.ts:7:8)',
        '    at new Pool (file:///suite/with%20space.mjs:8:9)',
        '    at Object.run [as fn] (C:\\suite\\c.ts:9:10)',
        '    at Array.map (<anonymous>)',
      ].join('\n'),
    );
    expect(frames).toEqual([
      { file: '/suite/a.spec.ts', line: 4, column: 9, function: 'checkout' },
      { file: '/suite/a.spec.ts', line: 5, column: 6, function: null },
      { file: '/suite/a.spec.ts', line: 6, column: 7, function: null },
      { file: '/suite/b.ts', line: 7, column: 8, function: 'Page.goto' },
      { file: '/suite/with space.mjs', line: 8, column: 9, function: 'new Pool' },
      { file: 'C:\\suite\\c.ts', line: 9, column: 10, function: 'Object.run [as fn]' },
    ]);
  });

  it('reads a path with parentheses and spaces', () => {
    expect(parseStack('    at run (/my suite (copy)/a.ts:1:2)')).toEqual([
      { file: '/my suite (copy)/a.ts', line: 1, column: 2, function: 'run' },
    ]);
  });

  it('takes evaluated code for the line that evaluated it, so that no line of it stands in the name of a file', () => {
    expect(
      parseStack(
        [
          '    at eval (eval at inner (eval at outer (/suite/a.ts:1:27)), <anonymous>:1:1)',
          '    at inner (eval at outer (/suite/a.ts:1:27), <anonymous>:1:28)',
          '    at eval (eval at run (file:///suite/b.mjs:3:13), <anonymous>:3:8)',
          '    at eval (eval at odd, <anonymous>:3:8)',
        ].join('\n'),
      ),
    ).toEqual([
      { file: '/suite/a.ts', line: 1, column: 27, function: 'eval' },
      { file: '/suite/a.ts', line: 1, column: 27, function: 'inner' },
      { file: '/suite/b.mjs', line: 3, column: 13, function: 'eval' },
      { file: 'eval at odd, <anonymous>', line: 3, column: 8, function: 'eval' },
    ]);
  });

  it('comes to an end on 100 kB of hostile text', () => {
    expect(parseStack(`    at ${'('.repeat(50_000)}${':1'.repeat(25_000)}x`)).toEqual([]);
    expect(parseStack(`    at eval (${'eval at ('.repeat(10_000)}, <anonymous>:1:1)`)).toHaveLength(1);
  });

  it('gives back a frame as V8 prints it', () => {
    for (const text of [suite(4), '    at /suite/a.spec.ts:5:6']) {
      expect(parseStack(text).map(formatFrame)).toEqual([text.trim()]);
    }
  });
});

describe('originOf', () => {
  it('prefers the nearest frame of the suite to the library it called', () => {
    expect(originOf(parseStack([node, own, library, suite(3), suite(4)].join('\n')))).toEqual({
      file: '/suite/a.spec.ts',
      line: 3,
      column: 9,
    });
  });

  it('names the library when no code of the suite is in the stack', () => {
    expect(originOf(parseStack([node, library].join('\n')))?.file).toBe('/suite/node_modules/pg/lib/client.js');
  });

  it('never names Playwright or Node', () => {
    expect(originOf(parseStack([node, own, playwright].join('\n')))).toBeNull();
  });
});

describe('openerOf', () => {
  it('tells user, Playwright, runtime and unknown apart by the nearest frame that is not Node’s', () => {
    expect(openerOf(parseStack([node, suite(1), playwright].join('\n')))).toBe('user');
    expect(openerOf(parseStack([node, library, suite(1)].join('\n')))).toBe('user');
    expect(openerOf(parseStack([own, playwright, suite(1)].join('\n')))).toBe('playwright');
    expect(openerOf(parseStack(node))).toBe('runtime');
    expect(openerOf([])).toBe('unknown');
  });
});
