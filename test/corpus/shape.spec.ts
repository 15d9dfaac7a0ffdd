import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { test, expect } from 'leak/fixtures';
import { scratchFile } from './support/scratchFile.ts';

test.describe('inside test.step', () => {
  test('leaky', async ({}, testInfo) => {
    const file = scratchFile(testInfo);
    await test.step('export', async () => {
      await test.step('open', () => {
        fs.openSync(file, 'r'); // leak: fd
      });
    });
  });
  test('clean', async ({}, testInfo) => {
    await test.step('export', () => {
      fs.closeSync(fs.openSync(scratchFile(testInfo), 'r'));
    });
  });
});

test.describe('in a serial suite', () => {
  test.describe.configure({ mode: 'serial' });

  test('clean at first', () => {
    expect(1 + 1).toBe(2);
  });
  test('leaky', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    fs.openSync(file, 'r'); // leak: fd
  });
  test('clean after the leak', () => {
    expect(1 + 1).toBe(2);
  });
});

test.describe('in parameterized tests', () => {
  for (const currency of ['EUR', 'USD']) {
    test(`leaky ${currency}`, ({}, testInfo) => {
      const file = scratchFile(testInfo, `${currency}.csv`);
      fs.openSync(file, 'r'); // leak: fd
    });
    test(`clean ${currency}`, ({}, testInfo) => {
      fs.closeSync(fs.openSync(scratchFile(testInfo, `${currency}.csv`), 'r'));
    });
  }
});

test.describe('three kinds in one test', () => {
  test('leaky', async ({ playwright }, testInfo) => {
    const file = scratchFile(testInfo);
    fs.openSync(file, 'r'); // leak: fd
    spawn('sleep', ['600']); // leak: process
    await playwright.request.newContext(); // leak: request
  });
  test('clean', async ({ playwright }, testInfo) => {
    fs.closeSync(fs.openSync(scratchFile(testInfo), 'r'));
    const child = spawn('sleep', ['600']);
    const closed = once(child, 'close');
    child.kill();
    await closed;
    await (await playwright.request.newContext()).dispose();
  });
});

test.describe('two lines alike', () => {
  test('leaky', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    fs.openSync(file, 'r'); // leak: fd
    fs.openSync(file, 'r'); // leak: fd
  });
  test('clean', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    fs.closeSync(fs.openSync(file, 'r'));
    fs.closeSync(fs.openSync(file, 'r'));
  });
});

test.describe('in a callback much later', () => {
  test('leaky', async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        server.listen(0, '127.0.0.1', resolve); // leak: handle
      }, 20);
    });
  });
  test('clean', async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        server.listen(0, '127.0.0.1', () => server.close(() => resolve()));
      }, 20);
    });
  });
});

test.describe('in a class', () => {
  class Exporter {
    #fd = -1;
    start(file: string): void {
      this.#fd = fs.openSync(file, 'r'); // leak: fd #exporter
    }
    stop(): void {
      fs.closeSync(this.#fd);
    }
  }

  test('leaky', ({}, testInfo) => {
    new Exporter().start(scratchFile(testInfo)); // charged: #exporter
  });
  test('clean', ({}, testInfo) => {
    const exporter = new Exporter();
    exporter.start(scratchFile(testInfo));
    exporter.stop();
  });
});
