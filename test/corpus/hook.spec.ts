import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { test, expect } from 'leak/fixtures';
import { startEcho, stop } from './support/localServer.ts';
import { scratchFile } from './support/scratchFile.ts';

test.describe('beforeEach opens', () => {
  let fd = -1;

  test.beforeEach(({}, testInfo) => {
    const file = scratchFile(testInfo);
    fd = fs.openSync(file, 'r'); // leak: fd #beforeEach scope=test|hook
  });

  test('leaky', () => {
    expect(fd).toBeGreaterThan(2); // charged: #beforeEach
  });
  test('leaky for the next test as well', () => {
    expect(fd).toBeGreaterThan(2); // charged: #beforeEach
  });
});

test.describe('beforeEach opens, afterEach closes', () => {
  let fd = -1;
  let server: net.Server;

  test.beforeEach(async ({}, testInfo) => {
    fd = fs.openSync(scratchFile(testInfo), 'r');
    server = await startEcho();
  });
  test.afterEach(async () => {
    fs.closeSync(fd);
    await stop(server);
  });

  test('clean', () => {
    expect(fd).toBeGreaterThan(2);
  });
  test('clean for the next test as well', () => {
    expect(server.listening).toBe(true);
  });
});

test.describe('afterEach opens', () => {
  test.afterEach(({}, testInfo) => {
    const file = scratchFile(testInfo);
    fs.openSync(file, 'r'); // leak: fd #afterEach scope=test|hook
  });

  test('leaky', () => {
    expect(1 + 1).toBe(2); // charged: #afterEach
  });
});

test.describe('afterEach closes what the test opened', () => {
  const opened: number[] = [];

  test.afterEach(() => {
    for (const fd of opened.splice(0)) fs.closeSync(fd);
  });

  test('clean', ({}, testInfo) => {
    opened.push(fs.openSync(scratchFile(testInfo), 'r'));
  });
});

test.describe('beforeAll opens', () => {
  let child: ChildProcess;

  test.beforeAll(() => {
    child = spawn('sleep', ['600']); // leak: process worker scope=hook
  });

  test('clean', () => {
    expect(child.pid).toBeGreaterThan(0);
  });
  test('clean for the next test as well', () => {
    expect(child.exitCode).toBe(null);
  });
});

test.describe('beforeAll opens, afterAll closes', () => {
  let child: ChildProcess;
  let server: net.Server;

  test.beforeAll(async () => {
    child = spawn('sleep', ['600']);
    server = await startEcho();
  });
  test.afterAll(async () => {
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
    await stop(server);
  });

  test('clean', () => {
    expect(child.pid).toBeGreaterThan(0);
  });
  test.describe('nested', () => {
    let fd = -1;

    test.beforeAll(() => {
      fd = fs.openSync('/dev/null', 'r');
    });
    test.afterAll(() => {
      fs.closeSync(fd);
    });

    test('clean', () => {
      expect(fd).toBeGreaterThan(2);
    });
  });
});

test.describe('afterAll opens', () => {
  test.afterAll(async () => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1'); // leak: handle worker scope=hook
    await once(server, 'listening');
  });

  test('clean', () => {
    expect(1 + 1).toBe(2);
  });
});

test.describe('afterAll closes what a test opened', () => {
  let server: net.Server | undefined;
  let fd = -1;

  test.afterAll(async () => {
    if (server !== undefined) await stop(server);
    fs.closeSync(fd);
  });

  test('clean', async ({}, testInfo) => {
    server = await startEcho();
    fd = fs.openSync(scratchFile(testInfo), 'r');
  });
  test('clean for the next test as well', () => {
    expect(1 + 1).toBe(2);
  });
});
