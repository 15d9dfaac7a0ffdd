import { test, expect } from 'leak/fixtures';

// Memory that is dropped is no leak, however much it is and whichever test follows.

test('200 MB of objects', () => {
  for (let round = 0; round < 8; round += 1) {
    const rows = Array.from({ length: 250_000 }, (_, index) => ({ index, name: `row ${String(index)}` }));
    expect(rows).toHaveLength(250_000);
  }
});

test('200 MB of Buffers', () => {
  for (let round = 0; round < 20; round += 1) expect(Buffer.alloc(10_000_000, round)).toHaveLength(10_000_000);
});

test('200 MB of array buffers at once', () => {
  const images = Array.from({ length: 20 }, () => new Uint8Array(10_000_000).fill(1));
  expect(images).toHaveLength(20);
});

test('200 MB held across an await', async () => {
  const held = Array.from({ length: 20 }, (_, index) => Buffer.alloc(10_000_000, index));
  await new Promise((resolve) => setImmediate(resolve));
  expect(held).toHaveLength(20);
});

test('a long string taken apart', () => {
  expect('leak,'.repeat(2_000_000).split(',')).toHaveLength(2_000_001);
});

test('large attachments', async ({}, testInfo) => {
  await testInfo.attach('large', { body: Buffer.alloc(12_000_000, 'a'), contentType: 'text/plain' });
});

test('a thousand steps', async () => {
  for (let round = 0; round < 1000; round += 1) await test.step(`round ${String(round)}`, () => Promise.resolve());
});

test('after all that', () => {
  expect(1 + 1).toBe(2);
});

test('what was logged is not kept, however much it refers to', () => {
  for (let page = 0; page < 300; page += 1) console.log({ page, answer: { body: { lines: { of: new Array(12_500).fill(page) } } } });
});
