import { expect, test } from 'vitest';
import { heapFinding } from '../../../src/core/heapFinding.ts';

const PLACE = {
  scope: 'test' as const,
  test: { file: '/suite/a.spec.ts', titlePath: ['cart', 'fills'] },
  relative: (file: string) => file.replace('/suite/', ''),
  sourceLine: () => 'function fill() {',
};
const FRAMES = [
  { file: 'node:buffer', line: 1, column: 1, function: 'from' },
  { file: '/suite/cart.ts', line: 7, column: 14, function: 'fill' },
];

test('growth with a known allocation site points to the function it was allocated in', () => {
  const finding = heapFinding({ bytes: 23_400_000, stack: FRAMES }, 10_000_000, PLACE);
  expect(finding).toMatchObject({
    kind: 'heap',
    severity: 'leak',
    status: 'new',
    scope: 'test',
    bytes: 23_400_000,
    summary: '23.4 MB of live memory kept',
    origin: { file: '/suite/cart.ts', line: 7, column: 14 },
    stack: ['at fill (/suite/cart.ts:7:14)'],
    evidence: { thresholdBytes: 10_000_000 },
  });
});

test('growth without a site has no origin, and its fingerprint is the test', () => {
  const one = heapFinding({ bytes: 2e7, stack: [] }, 1e7, PLACE);
  const more = heapFinding({ bytes: 3e7, stack: [] }, 1e7, PLACE);
  const other = heapFinding({ bytes: 2e7, stack: [] }, 1e7, { ...PLACE, test: { ...PLACE.test, titlePath: ['cart', 'empties'] } });
  expect(one.origin).toBeNull();
  expect(one.hint).toContain('buffers');
  expect(more.fingerprint).toBe(one.fingerprint);
  expect(other.fingerprint).not.toBe(one.fingerprint);
});

test('the fingerprint does not change when lines move', () => {
  const moved = FRAMES.map((frame) => ({ ...frame, line: frame.line + 10 }));
  expect(heapFinding({ bytes: 2e7, stack: moved }, 1e7, PLACE).fingerprint).toBe(
    heapFinding({ bytes: 2e7, stack: FRAMES }, 1e7, PLACE).fingerprint,
  );
});

test('growth over many tests belongs to the worker and says how much comes with each test', () => {
  const finding = heapFinding({ bytes: 3e7, stack: [], bytesPerTest: 52_300 }, 1e7, { ...PLACE, scope: 'hook', test: null });
  expect(finding).toMatchObject({
    scope: 'worker',
    summary: '30.0 MB of live memory kept, 52.3 kB with each test',
    evidence: { bytesPerTest: 52_300 },
  });
});
