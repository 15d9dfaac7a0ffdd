import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { test as base, expect } from 'leak/fixtures';
import { portOf, startEcho, stop } from './support/localServer.ts';
import { scratchFile } from './support/scratchFile.ts';

interface TestFixtures {
  forgetful: number;
  tidy: number;
  database: net.Socket;
}
interface WorkerFixtures {
  forgottenService: ChildProcess;
  service: ChildProcess;
  killedService: ChildProcess;
  databaseServer: net.Server;
  databaseClient: net.Socket;
}

const test = base.extend<TestFixtures, WorkerFixtures>({
  forgetful: async ({}, use, testInfo) => {
    const file = scratchFile(testInfo);
    await use(fs.openSync(file, 'r')); // leak: fd #fixture
  },
  tidy: async ({}, use, testInfo) => {
    const fd = fs.openSync(scratchFile(testInfo), 'r');
    await use(fd);
    fs.closeSync(fd);
  },
  database: async ({ databaseServer }, use) => {
    const socket = net.connect(portOf(databaseServer), '127.0.0.1');
    await once(socket, 'connect');
    await use(socket);
    socket.destroy();
    await once(socket, 'close');
  },
  forgottenService: [
    async ({}, use) => {
      await use(spawn('sleep', ['600'])); // leak: process #forgottenService scope=test|hook|worker
    },
    { scope: 'worker' },
  ],
  service: [
    async ({}, use) => {
      const child = spawn('sleep', ['600']);
      await use(child);
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
    { scope: 'worker' },
  ],
  killedService: [
    async ({}, use) => {
      const child = spawn('sleep', ['600']);
      await use(child);
      child.kill();
    },
    { scope: 'worker' },
  ],
  databaseServer: [
    async ({}, use) => {
      const server = await startEcho();
      await use(server);
      await stop(server);
    },
    { scope: 'worker' },
  ],
  databaseClient: [
    async ({ databaseServer }, use) => {
      const socket = net.connect(portOf(databaseServer), '127.0.0.1');
      await once(socket, 'connect');
      await use(socket);
      socket.destroy();
      await once(socket, 'close');
    },
    { scope: 'worker' },
  ],
});

test.describe('a test fixture', () => {
  test('leaky', ({ forgetful }) => {
    expect(forgetful).toBeGreaterThan(2); // charged: #fixture
  });
  test('clean', ({ tidy }) => {
    expect(tidy).toBeGreaterThan(2);
  });
});

test.describe('a worker fixture that is first asked for in a test', () => {
  test('clean before', () => {
    expect(1 + 1).toBe(2);
  });
  test('clean: its teardown closes it', ({ service, databaseServer }) => {
    expect(service.pid).toBeGreaterThan(0);
    expect(databaseServer.listening).toBe(true);
  });
  test('clean: its teardown kills it and does not wait', ({ killedService }) => {
    expect(killedService.pid).toBeGreaterThan(0);
  });
  test('clean: a client of one', async ({ databaseClient }) => {
    databaseClient.write('select 1');
    await once(databaseClient, 'data');
  });
  test('clean: a connection for one test', async ({ database }) => {
    database.write('select 1');
    await once(database, 'data');
  });
  test('clean after', ({ service }) => {
    expect(service.exitCode).toBe(null);
  });
});

test.describe('a worker fixture that forgets its process', () => {
  test('leaky', ({ forgottenService }) => {
    expect(forgottenService.pid).toBeGreaterThan(0); // charged: #forgottenService
  });
});
