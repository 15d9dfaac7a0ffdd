import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { codeFrame } from '../../../src/render/codeFrame.ts';
import { wantsColor } from '../../../src/render/colors.ts';
import { plainText, shorten } from '../../../src/render/plainText.ts';
import { screenColumns } from '../../../src/render/screenColumns.ts';
import { sparkline } from '../../../src/render/sparkline.ts';

describe('a sparkline', () => {
  it('has the lowest bar for the lowest and the highest for the highest value', () => {
    expect(sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8)).toBe('▁▂▃▄▅▆▇█');
    expect(sparkline([24, 24, 25, 26], 10)).toBe('▁▁▅█');
  });

  it('keeps a short peak when there are more values than bars', () => {
    const values = Array.from({ length: 1000 }, (_, index) => (index === 555 ? 9 : 1));
    expect(sparkline(values, 10)).toBe('▁▁▁▁▁█▁▁▁▁');
  });

  it('is drawn of more values than a call can have arguments', () => {
    const values = Array.from({ length: 300_000 }, (_, index) => Math.floor(index / 150_000));
    expect(sparkline(values, 4)).toBe('▁▁██');
    expect(sparkline(values, 1)).toBe('█');
  });

  it('has nothing to show for a flat course', () => {
    expect([sparkline([], 9), sparkline([3], 9), sparkline([3, 3, 3], 9)]).toEqual(['', '', '']);
  });
});

describe('the columns of a screen', () => {
  it.each([
    [80, '120', 80],
    [undefined, '120', 120],
    [0, '120', 120],
    [undefined, undefined, 100],
    [undefined, 'wide', 100],
    [undefined, '-1', 100],
    [undefined, '80.5', 80],
    [undefined, '1e10', 1000],
    [undefined, 'Infinity', 1000],
    [3, undefined, 20],
  ])('of a terminal with %s, where COLUMNS is %s, are %d', (terminal, said, columns) => {
    expect(screenColumns(terminal, said)).toBe(columns);
  });
});

describe('a code frame', () => {
  const lines = Array.from({ length: 9 }, (_, index) => `  open(${String(index + 1)});`);

  it('shows the line, those around it, and the column', () => {
    expect(codeFrame(lines, { file: 'a.ts', line: 9, column: 3 }, false)).toBe('  8 |   open(8);\n> 9 |   open(9);\n    |   ^');
    expect(codeFrame(lines, { file: 'a.ts', line: 1, column: 99 }, false, 2).split('\n')).toHaveLength(4);
  });

  it.each([
    ['secret', "  open('https://bob:hunter2@host/?token=abc');", "  open('https://[redacted]@host/?token=[redacted]');"],
    ['clean twin', "  open('https://host/?page=abc');", "  open('https://host/?page=abc');"],
  ])('shows no secret of its lines, and points where it did (%s)', (_, source, shown) => {
    const around = [source, `${source} close();`, source];
    for (const word of ['open', 'host', 'close']) {
      const location = { file: 'a.ts', line: 2, column: `${source} close();`.indexOf(word) + 1 };
      const caret = ' '.repeat(`${shown} close();`.indexOf(word) + 1);
      const frame = codeFrame(around, location, false);
      expect(frame).toBe(`  1 | ${shown}\n> 2 | ${shown} close();\n    |${caret}^\n  3 | ${shown}`);
      expect(stripVTControlCharacters(codeFrame(around, location, true))).toBe(frame);
    }
    expect(codeFrame(around, { file: 'a.ts', line: 2, column: source.indexOf('hunter2') + 3 }, false)).not.toContain('hunter');
  });

  it('looks at no other line, so that many places of a long file cost what they show', () => {
    const read: PropertyKey[] = [];
    const watched = new Proxy(lines, { get: (target, name) => (read.push(name), Reflect.get(target, name) as unknown) });
    expect(codeFrame(watched, { file: 'a.ts', line: 5, column: 3 }, false)).toContain('> 5 |   open(5);');
    expect([...new Set(read.filter((name) => /^\d+$/.test(String(name))))].sort()).toEqual(['3', '4', '5']);
  });
});

describe('text of others', () => {
  it('is cut by characters, not in the middle of one', () => {
    expect(shorten('😀😀😀', 2)).toBe('😀…');
    expect(shorten('abc', 3)).toBe('abc');
    expect(plainText('x'.repeat(10_000), 10)).toBe(`${'x'.repeat(9)}…`);
  });

  it('shows control and direction characters instead of obeying them', () => {
    expect(plainText('a\u001b[31m\tb\u202e\u009b')).toBe('a\\x1b[31m\\tb\\u202e\\x9b');
  });
});

describe('colours', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
    [{ TERM: 'dumb' }, true, false],
  ])('with %j on a terminal (%s): %s', (env, isTTY, expected) => {
    expect(wantsColor({ env, isTTY })).toBe(expected);
  });
});
