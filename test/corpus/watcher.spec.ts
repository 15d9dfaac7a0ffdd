import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'leak/fixtures';
import { retained } from './support/retained.ts';
import { scratchFile } from './support/scratchFile.ts';

test.describe('fs.watch', () => {
  test('leaky', ({}, testInfo) => {
    const folder = path.dirname(scratchFile(testInfo));
    fs.watch(folder); // leak: handle
  });
  test('clean', async ({}, testInfo) => {
    const watcher = fs.watch(path.dirname(scratchFile(testInfo)));
    const closed = once(watcher, 'close');
    watcher.close();
    await closed;
  });
});

test.describe('fs.watchFile', () => {
  test('leaky', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    fs.watchFile(file, () => {}); // leak: handle
  });
  test('clean', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    fs.watchFile(file, () => {});
    fs.unwatchFile(file);
  });
});

test.describe('fs.promises.watch', () => {
  test('leaky', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    const events = fs.promises.watch(file)[Symbol.asyncIterator]();
    retained.push(events.next()); // leak: handle
  });
  test('clean', async ({}, testInfo) => {
    const file = scratchFile(testInfo);
    const stopping = new AbortController();
    const next = fs.promises.watch(file, { signal: stopping.signal })[Symbol.asyncIterator]().next();
    stopping.abort();
    await next.catch(() => 'aborted');
  });
});
