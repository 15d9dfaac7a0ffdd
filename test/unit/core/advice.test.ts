import { expect, it } from 'vitest';
import { advise } from '../../../src/core/advice.ts';
import type { Opener, Resource } from '../../../src/core/resource.ts';

const file = (opener: Opener): Resource => {
  const place = { stack: [], evidence: {}, owns: [] };
  return { key: 'fd:20:file:1', kind: 'fd', type: 'file', label: '/data/shop.db', opener, standing: 'counts', ...place };
};

it('a file is to be closed, or read with what closes by itself', () => {
  expect(advise(file('user'))).toBe('close it in a finally block, or use fs.promises.readFile and writeFile, which close for you');
});

it('of a file that nobody saw opened, what it belongs to is to be closed', () => {
  expect(advise(file('unknown'))).toMatch(/native code .* close what it belongs to, such as a database/);
});
