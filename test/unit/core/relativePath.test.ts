import { describe, expect, it } from 'vitest';
import { relativePath } from '../../../src/core/relativePath.ts';

describe('a path in a report', () => {
  it.each([
    ['/suite', '/suite/a/b.spec.ts', 'a/b.spec.ts'],
    ['/suite/tests', '/suite/helpers/db.ts', '../helpers/db.ts'],
    ['/suite', '/suite-2/a.ts', '../suite-2/a.ts'],
    ['/', '/a.ts', 'a.ts'],
    ['C:\\suite', 'C:\\suite\\tests\\a.ts', 'tests/a.ts'],
    ['C:\\suite', 'D:\\a.ts', 'D:/a.ts'],
    ['/suite', 'node:fs', 'node:fs'],
    ['/suite', 'relative/a.ts', 'relative/a.ts'],
  ])('below %s, %s is %s', (root, file, expected) => {
    expect(relativePath(root, file)).toBe(expected);
  });
});
