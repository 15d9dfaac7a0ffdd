import { exec, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import crypto from 'node:crypto';
import dns from 'node:dns/promises';
import { once } from 'node:events';
import fs from 'node:fs';
import { Session } from 'node:inspector/promises';
import path from 'node:path';
import { PerformanceObserver } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import timers from 'node:timers/promises';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import zlib from 'node:zlib';
import { test, expect } from 'leak/fixtures';
import { scratchFile } from '../support/scratchFile.ts';

// What Node itself opens once and keeps, and what cannot hold a process.

let service: ChildProcess | undefined;

test.afterAll(() => {
  service?.kill('SIGKILL');
});

test('unreferenced timers', () => {
  setTimeout(() => {}, 60_000).unref();
  setInterval(() => {}, 60_000).unref();
});

test('AbortSignal.timeout', () => {
  expect(AbortSignal.timeout(60_000).aborted).toBe(false);
});

test('an immediate and a microtask', () => {
  setImmediate(() => {});
  queueMicrotask(() => {});
});

test('a thousand timers that have run', async () => {
  await Promise.all(Array.from({ length: 1000 }, () => timers.setTimeout(1)));
});

test('reading and writing standard streams', async () => {
  process.stdin.once('data', () => {});
  process.stdin.pause();
  process.stdin.removeAllListeners('data');
  process.stdout.write('');
  console.log('a line of output');
  console.error('a line of errors');
  await timers.setImmediate();
});

test('worker threads terminated while Node reads their modules', async () => {
  for (let round = 0; round < 20; round += 1) {
    const thread = new Worker(new URL('../support/idleWorker.js', import.meta.url));
    await once(thread, 'online');
    await thread.terminate();
  }
});

test('first name resolution', async () => {
  expect((await dns.lookup('localhost')).address).toMatch(/127\.0\.0\.1|::1/);
});

test('first hash, key and random bytes', async () => {
  expect(crypto.createHash('sha256').update('leak').digest('hex')).toHaveLength(64);
  expect(await promisify(crypto.scrypt)('secret', 'salt', 32)).toHaveLength(32);
  expect(await promisify(crypto.randomBytes)(16)).toHaveLength(16);
});

test('first compression', async () => {
  const packed = await promisify(zlib.gzip)('leak'.repeat(1000));
  expect((await promisify(zlib.gunzip)(packed)).toString()).toContain('leak');
});

test('streams piped through a file', async ({}, testInfo) => {
  const file = testInfo.outputPath('piped.gz');
  await pipeline(Readable.from(['a', 'b']), zlib.createGzip(), fs.createWriteStream(file));
  await pipeline(fs.createReadStream(file), zlib.createGunzip(), async (source) => {
    for await (const part of source) expect(String(part)).not.toBe('');
  });
});

test('a dynamic import', async () => {
  const { portOf } = await import('../support/localServer.ts');
  await import('node:repl');
  expect(portOf).toBeInstanceOf(Function);
});

test('every way to read a file', async ({}, testInfo) => {
  const file = scratchFile(testInfo);
  fs.readFileSync(file);
  await fs.promises.readFile(file);
  await promisify(fs.readFile)(file);
  await fs.promises.appendFile(file, '2,19.90\n');
  fs.cpSync(file, `${file}.copy`);
  await fs.promises.readdir(path.dirname(file));
  for await (const line of (await fs.promises.open(file)).readLines()) expect(line).toContain(',');
});

test('children that have ended', async () => {
  expect(spawnSync('true').status).toBe(0);
  expect((await promisify(exec)('echo done')).stdout).toBe('done\n');
  await once(spawn('true'), 'close');
});

test('a service child that does not hold the process', () => {
  service = spawn('cat');
  service.unref();
  for (const stream of [service.stdin, service.stdout, service.stderr]) (stream as unknown as { unref(): void } | null)?.unref();
});

test('structured clone, text decoding and fetch of data', async () => {
  expect(structuredClone({ a: new Map([[1, 2]]) }).a.size).toBe(1);
  expect(await (await fetch('data:text/plain,hello')).text()).toBe('hello');
  expect(new TextDecoder().decode(new TextEncoder().encode('leak'))).toBe('leak');
});

test('a performance observer and an inspector session', async () => {
  const observer = new PerformanceObserver(() => {});
  observer.observe({ entryTypes: ['measure'] });
  performance.measure('m');
  observer.disconnect();
  const session = new Session();
  session.connect();
  await session.post('Runtime.enable');
  session.disconnect();
});

test('a listener on an event that is no signal', () => {
  process.once('beforeExit', () => {});
});

test('descriptor numbers that are used again', ({}, testInfo) => {
  const file = scratchFile(testInfo);
  for (let round = 0; round < 200; round += 1) fs.closeSync(fs.openSync(file, 'r'));
});
