import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { test, expect } from 'leak/fixtures';
import { scratchFile } from './support/scratchFile.ts';

// Most of these fail on purpose: Playwright restarts the worker after each failure, and the leak must be told all the same.

test.describe('a test that fails', () => {
  test('leaky', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    fs.openSync(file, 'r'); // leak: fd
    expect(1 + 1).toBe(3);
  });
  test('clean in the new worker', () => {
    expect(1 + 1).toBe(2);
  });
  test('clean and failing', ({}, testInfo) => {
    fs.closeSync(fs.openSync(scratchFile(testInfo), 'r'));
    expect(1 + 1).toBe(3);
  });
});

test.describe('a failure that skips the close', () => {
  test('leaky', async () => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1'); // leak: handle
    await once(server, 'listening');
    expect(server.listening).toBe(false);
    server.close();
  });
  test('clean', async () => {
    const server = net.createServer();
    try {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      expect(server.listening).toBe(false);
    } finally {
      const closed = once(server, 'close');
      server.close();
      await closed;
    }
  });
});

test.describe('a test that times out', () => {
  test('leaky', async () => {
    test.setTimeout(500);
    spawn('sleep', ['600']); // leak: process
    await new Promise(() => {});
  });
  test('clean', async () => {
    test.setTimeout(500);
    await new Promise(() => {});
  });
});

test.describe('a test that skips itself', () => {
  test('leaky', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    fs.openSync(file, 'r'); // leak: fd
    test.skip(true, 'nothing to export');
  });
  test('clean', ({}, testInfo) => {
    fs.closeSync(fs.openSync(scratchFile(testInfo), 'r'));
    test.skip(true, 'nothing to export');
  });
});

test.describe('a test that is expected to fail', () => {
  test('leaky', ({}, testInfo) => {
    test.fail();
    const file = scratchFile(testInfo);
    fs.openSync(file, 'r'); // leak: fd
    expect(1 + 1).toBe(3);
  });
  test('clean', () => {
    test.fail();
    expect(1 + 1).toBe(3);
  });
});

test.describe('a retried test', () => {
  test.describe.configure({ retries: 1 });

  test('leaky in both attempts', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    fs.openSync(file, 'r'); // leak: fd
    expect(testInfo.retry).toBe(1);
  });
  test('leaky in the first attempt only', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    const fd = fs.openSync(file, 'r'); // leak: fd retry=0
    expect(testInfo.retry).toBe(1);
    fs.closeSync(fd);
  });
  test('clean', ({}, testInfo) => {
    expect(testInfo.retry).toBe(1);
  });
});

test.describe('an error nobody caught', () => {
  test('leaky', async ({}, testInfo) => {
    const file = scratchFile(testInfo);
    fs.openSync(file, 'r'); // leak: fd
    await new Promise((_, reject) => {
      setImmediate(() => reject(new Error('thrown on purpose')));
    });
  });
  test('clean', async () => {
    await new Promise((_, reject) => {
      setImmediate(() => reject(new Error('thrown on purpose')));
    });
  });
});
