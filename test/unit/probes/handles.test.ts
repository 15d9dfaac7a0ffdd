import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import vm from 'node:vm';
import { BroadcastChannel, MessageChannel, Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fold } from '../../../src/core/fold.ts';
import type { Resource, ResourceKey } from '../../../src/core/resource.ts';
import { originOf } from '../../../src/core/stack.ts';
import type { HandleProbe } from '../../../src/probes/handles.ts';
import { createHandleProbe } from '../../../src/probes/handles.ts';
import { after, sleep } from '../../../src/probes/realTime.ts';

let probe: HandleProbe;
let before: ReadonlySet<ResourceKey>;
let directory: string;
const cleanups: (() => unknown)[] = [];

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'leak-handles-'));
  probe = createHandleProbe();
  probe.start();
  before = probe.read();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  probe.stop();
  fs.rmSync(directory, { recursive: true, force: true });
});

/** A turn or two of the event loop, in which closed handles come to their end. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** What is open now, was not before, and was not opened by vitest around us. */
function opened(): Resource[] {
  const keys = [...probe.read()].filter((key) => !before.has(key));
  return probe.describe(keys).filter((resource) => resource.stack.some((frame) => frame.file.endsWith('handles.test.ts')));
}

/** As a detector reports it: folded, and without what is kept on purpose. */
function accused(): Resource[] {
  return fold(opened())
    .map((folded) => folded.root)
    .filter((resource) => resource.standing === 'counts');
}

function only(resources: readonly Resource[]): Resource {
  expect(resources.map((resource) => `${resource.type} ${resource.label}`)).toHaveLength(1);
  const [resource] = resources;
  if (resource === undefined) throw new Error('nothing');
  return resource;
}

function here(): number {
  return Number(/handles\.test\.ts:(\d+)/.exec(new Error().stack?.split('\n')[2] ?? '')?.[1]);
}

async function listening<Server extends net.Server | http2.Http2Server>(
  server: Server,
  ...args: [number, string] | [string]
): Promise<Server> {
  cleanups.push(() => server.close());
  server.listen(...(args as [number, string]));
  await once(server, 'listening');
  return server;
}

const portOf = (server: net.Server | http2.Http2Server): number => (server.address() as AddressInfo).port;

describe('timers', () => {
  it('are open while they are pending, and name their call, delay, function and line', () => {
    const line = here() + 1;
    const timer = setTimeout(function poll() {}, 50_000);
    cleanups.push(() => clearTimeout(timer));

    const resource = only(opened());

    expect(resource).toMatchObject({
      kind: 'handle',
      type: 'timeout',
      label: 'setTimeout 50000 ms (poll)',
      opener: 'user',
      standing: 'counts',
      owns: [],
    });
    expect(originOf(resource.stack)?.line).toBe(line);
  });

  it('are not seen where they are leak’s own, and what those call back opens is', async () => {
    let opening = (): void => undefined;
    const called = new Promise<void>((resolve) => {
      opening = () => {
        const timer = setTimeout(() => undefined, 50_000);
        cleanups.push(() => clearTimeout(timer));
        resolve();
      };
    });
    cleanups.push(after(50_000, () => undefined));
    after(1, opening);
    const slept = sleep(1);
    expect(opened()).toEqual([]);

    await Promise.all([called, slept]);

    expect(only(opened()).type).toBe('timeout');
  });

  it('are gone once they have fired', async () => {
    const fired = delay(1);
    expect(only(opened()).type).toBe('timeout');
    await fired;
    expect(opened()).toEqual([]);
  });

  it('are gone once they are cleared, intervals as well', () => {
    const timer = setTimeout(() => undefined, 50_000);
    const interval = setInterval(() => undefined, 50_000);
    expect(opened().map((resource) => resource.type)).toEqual(['timeout', 'interval']);

    clearTimeout(timer);
    clearInterval(interval);

    expect(opened()).toEqual([]);
  });

  it('do not count while they are unreferenced, and count again once they are referenced', () => {
    const timer = setInterval(() => undefined, 50_000).unref();
    cleanups.push(() => clearInterval(timer));
    expect(opened()).toEqual([]);
    timer.ref();
    expect(only(opened()).type).toBe('interval');
  });

  it('have one life per refresh: a fired timer that is refreshed is one new handle', async () => {
    const timer = setTimeout(() => undefined, 1);
    cleanups.push(() => clearTimeout(timer));
    const [first] = [...probe.read()].filter((key) => !before.has(key));
    await delay(5);
    await turns();
    timer.refresh();
    timer.refresh();

    expect(only(opened()).key).not.toBe(first);
    clearTimeout(timer);
    timer.refresh();
    expect(opened()).toEqual([]);
  });

  it('of Playwright’s own are left out', () => {
    const call = 'return setInterval(callback, 50_000);';
    const [theirs, ours] = ['/suite/node_modules/playwright/lib/x.js', '/suite/x.js'].map((filename) => {
      return vm.compileFunction(call, ['callback'], { filename }) as (callback: () => void) => NodeJS.Timeout;
    });
    const timers = [theirs?.(noop), ours?.(noop)];
    cleanups.push(() => timers.forEach((timer) => clearInterval(timer)));
    const found = probe.describe([...probe.read()].filter((key) => !before.has(key)));
    expect(found.map((resource) => originOf(resource.stack)?.file)).toEqual(['/suite/x.js']);
  });

  it('are forgotten when they are dead, a hundred thousand of them', async () => {
    const collect = await forcedCollection();
    collect();
    const start = process.memoryUsage().heapUsed;
    for (let count = 0; count < 100_000; count += 1) clearTimeout(setTimeout(() => undefined, 50_000));
    await turns();
    collect();

    // Kept, 100,000 entries with their stacks would weigh 100 MB; a sweep keeps a few thousand at most.
    expect(process.memoryUsage().heapUsed - start).toBeLessThan(20_000_000);
    expect(opened()).toEqual([]);
  });
});

describe('servers', () => {
  it('are one finding with address, descriptor and the line of listen, although the host is looked up first', async () => {
    const server = net.createServer();
    cleanups.push(() => server.close());
    const line = here() + 1;
    server.listen(0, 'localhost');
    await once(server, 'listening');

    const resource = only(opened());

    expect(resource).toMatchObject({ type: 'server', label: `127.0.0.1:${String(portOf(server))}`, opener: 'user', standing: 'counts' });
    expect(originOf(resource.stack)?.line).toBe(line);
    expect(resource.owns).toContain(`fd:${JSON.stringify(resource.evidence['fd'])}:`);
  });

  it('are gone once they are closed', async () => {
    const server = await listening(net.createServer(), 0, '127.0.0.1');
    expect(only(opened()).type).toBe('server');
    await new Promise((resolve) => server.close(resolve));
    expect(opened()).toEqual([]);
  });

  it('that are unreferenced still own their descriptor, but are pooled', async () => {
    const server = await listening(net.createServer(), 0, '127.0.0.1');
    server.unref();
    const resource = only(opened());
    expect(resource.standing).toBe('pooled');
    expect(resource.owns).toHaveLength(1);
    server.ref();
    expect(only(opened()).standing).toBe('counts');
  });

  it('own the connections they accepted; only the client is a finding of its own', async () => {
    const server = await listening(net.createServer(), 0, '127.0.0.1');
    const accepting = once(server, 'connection');
    const client = net.connect(portOf(server), '127.0.0.1');
    const [peer] = (await accepting) as [net.Socket];
    cleanups.push(() => peer.destroy());
    cleanups.push(() => client.destroy());
    await turns();

    expect(accused().map((resource) => resource.type)).toEqual(['server', 'socket']);
    // Its own descriptor, and the accepted handle in both its states.
    expect(accused()[0]?.owns).toHaveLength(3);
    const all = probe.describe([...probe.read()].filter((key) => !before.has(key)));
    expect(all.map((resource) => `${resource.type} ${resource.standing}`)).toContain('socket pooled');
    client.destroy();
    await once(peer.resume(), 'close');
    expect(only(accused()).type).toBe('server');
  });

  it('that are closed leave the connections they accepted to be findings with the line of listen', async () => {
    // The other end is another process's, where nothing is seen of it.
    const peer = spawn(process.execPath, ['-e', "process.on('message', (to) => require('net').connect(to)); process.send('up')"], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    cleanups.push(() => peer.kill());
    await once(peer, 'message');
    for (const place of [undefined, path.join(directory, 'closing.sock')]) {
      before = probe.read();
      const server = net.createServer();
      const line = here() + 1;
      server.listen(place ?? { port: 0, host: '127.0.0.1' });
      await once(server, 'listening');
      const accepting = once(server, 'connection');
      peer.send(place ?? portOf(server));
      const [accepted] = (await accepting) as [net.Socket];
      cleanups.push(() => accepted.destroy());
      expect(accused().map(({ type }) => type)).toEqual([place === undefined ? 'server' : 'pipe server']);

      server.close();
      await turns();
      const resource = only(accused());
      expect(resource).toMatchObject({ type: place === undefined ? 'socket' : 'pipe', opener: 'user', evidence: { accepted: true } });
      expect(resource.owns).toEqual([`fd:${JSON.stringify(resource.evidence['fd'])}:`]);
      expect(originOf(resource.stack)?.line).toBe(line);
      accepted.destroy();
      await turns();
      expect(accused()).toEqual([]);
    }
  });

  it('that are closed leave the connections of clients in this process to the clients', async () => {
    // The second listens on IPv6 as well, where there is such a thing.
    for (const place of [{ port: 0, host: '127.0.0.1' }, { port: 0 }, { path: path.join(directory, 'both.sock') }]) {
      const server = net.createServer();
      server.listen(place);
      await once(server, 'listening');
      const accepting = once(server, 'connection');
      const line = here() + 1;
      const client = net.connect(typeof place.path === 'string' ? { path: place.path } : { port: portOf(server), host: '127.0.0.1' });
      const [accepted] = (await accepting) as [net.Socket];
      cleanups.push(() => accepted.destroy());
      cleanups.push(() => client.destroy());
      server.close();
      await turns();
      expect(originOf(only(accused()).stack)?.line).toBe(line);
      client.destroy();
      await once(accepted.resume(), 'close');
      expect(accused()).toEqual([]);
    }
  });

  it('that listened before anybody watched own what they accept all the same; clients are findings of their own', async () => {
    probe.stop();
    const servers = [
      await listening(net.createServer(), 0, '127.0.0.1'),
      await listening(net.createServer(), path.join(directory, 'older.sock')),
    ];
    probe.start();
    for (const [index, server] of servers.entries()) {
      before = probe.read();
      const accepting = once(server, 'connection');
      // Out of a promise: there, too, nothing but Node is between the event loop and the call.
      await Promise.resolve();
      const address = server.address();
      const client = typeof address === 'string' ? net.connect(address) : net.connect(portOf(server), '127.0.0.1');
      const [peer] = (await accepting) as [net.Socket];
      cleanups.push(() => peer.destroy());
      cleanups.push(() => client.destroy());
      await turns();
      const made = probe.describe([...probe.read()].filter((key) => !before.has(key)));
      const word = index === 0 ? 'socket' : 'pipe';
      expect(made.map(({ type, standing }) => `${type} ${standing}`).sort()).toEqual([`${word} counts`, `${word} pooled`]);
      const connected = made.find(({ standing }) => standing === 'counts');
      expect(originOf(connected?.stack ?? [])?.file).toBe(import.meta.filename);
      // Its descriptor is not accused in its place.
      const accepted = made.find(({ standing }) => standing === 'pooled');
      expect(accepted?.owns).toContain(`fd:${JSON.stringify(accepted?.evidence['fd'])}:`);
    }
  });

  it('on a path are pipe servers, and name it', async () => {
    const place = path.join(directory, 'x.sock');
    const server = await listening(net.createServer(), place);
    expect(only(opened())).toMatchObject({ type: 'pipe server', label: place, standing: 'counts' });
    await new Promise((resolve) => server.close(resolve));
    expect(opened()).toEqual([]);
  });
});

describe('sockets', () => {
  it('name both ends and the line of connect, although the host is looked up first', async () => {
    const server = await listening(
      net.createServer((socket) => socket.on('error', () => undefined)),
      0,
      'localhost',
    );
    const line = here() + 1;
    const client = net.connect(portOf(server), 'localhost');
    cleanups.push(() => client.destroy());
    await once(client, 'connect');

    const resource = only(accused().filter((candidate) => candidate.type === 'socket'));
    expect(resource.label).toBe(`127.0.0.1:${String(client.localPort)} → 127.0.0.1:${String(portOf(server))}`);
    expect(originOf(resource.stack)?.line).toBe(line);
    client.destroy();
    await turns();
    expect(accused().map((candidate) => candidate.type)).toEqual(['server']);
  });

  it('that fetch keeps alive are pooled when the body was read, and count with the line of fetch when it was not', async () => {
    const server = await listening(
      http.createServer((_request, response) => response.end('x'.repeat(1_000_000))),
      0,
      '127.0.0.1',
    );
    cleanups.push(() => server.closeAllConnections());
    const url = `http://127.0.0.1:${String(portOf(server))}/`;
    await (await fetch(url)).text();
    await turns();
    expect(accused().map((resource) => resource.type)).toEqual(['server']);
    expect(opened().some((resource) => resource.type === 'socket' && resource.standing === 'pooled')).toBe(true);

    before = probe.read();
    const response = await fetch(url);
    await turns();
    expect(only(accused()).type).toBe('socket');
    await response.text();
    await turns();
    expect(accused()).toEqual([]);
  });

  it('of an agent are pooled while idle; handed out again and left unread they count, with the line that took them', async () => {
    const server = await listening(
      http.createServer((_request, response) => response.end('x'.repeat(1_000_000))),
      0,
      '127.0.0.1',
    );
    const agent = new http.Agent({ keepAlive: true });
    cleanups.push(() => agent.destroy());
    const options = { port: portOf(server), host: '127.0.0.1', agent };
    const [read] = (await once(http.get(options), 'response')) as [http.IncomingMessage];
    await once(read.resume(), 'end');
    await turns();
    expect(accused().map((resource) => resource.type)).toEqual(['server']);

    before = probe.read();
    const line = here() + 1;
    const request = http.get(options);
    const [unread] = (await once(request, 'response')) as [http.IncomingMessage];
    await turns();
    const resource = only(accused());
    expect(resource.type).toBe('socket');
    expect(originOf(resource.stack)?.line).toBe(line);
    await once(unread.resume(), 'end');
    await turns();
    expect(accused()).toEqual([]);
  });

  it('of an http2 session are one finding', async () => {
    const server = http2.createServer();
    await listening(server, 0, '127.0.0.1');
    const session = http2.connect(`http://127.0.0.1:${String(portOf(server))}`);
    cleanups.push(() => session.destroy());
    await once(session, 'connect');
    await turns();
    expect(accused().map((resource) => resource.type)).toEqual(['server', 'socket']);
    const closed = once(session, 'close');
    session.close();
    await closed;
    await turns();
    expect(accused().map((resource) => resource.type)).toEqual(['server']);
  });

  it('for UDP are open once they are bound, and name their address', async () => {
    const unbound = dgram.createSocket('udp4');
    cleanups.push(() => unbound.close());
    expect(opened()).toEqual([]);
    const socket = dgram.createSocket('udp4');
    socket.bind(0, 'localhost');
    await once(socket, 'listening');

    expect(only(opened())).toMatchObject({ type: 'udp', label: `127.0.0.1:${String(socket.address().port)}`, standing: 'counts' });
    socket.unref();
    expect(only(opened()).standing).toBe('pooled');
    socket.close();
    await turns();
    expect(opened()).toEqual([]);
  });
});

describe('watchers', () => {
  it('of fs.watch name their path, are gone once closed, and do not count unreferenced', async () => {
    const watcher = fs.watch(directory);
    expect(only(opened())).toMatchObject({ type: 'watcher', label: directory, standing: 'counts' });
    watcher.unref();
    expect(opened()).toEqual([]);
    watcher.ref();
    expect(opened()).toHaveLength(1);
    watcher.close();
    await turns();
    expect(opened()).toEqual([]);
  });

  it('of fs.promises.watch are gone once aborted', async () => {
    const abort = new AbortController();
    const next = fs.promises.watch(directory, { signal: abort.signal })[Symbol.asyncIterator]().next();
    expect(only(opened()).type).toBe('watcher');
    abort.abort();
    await expect(next).rejects.toThrow('abort');
    await turns();
    expect(opened()).toEqual([]);
  });

  it('of fs.watchFile are gone after fs.unwatchFile', async () => {
    const file = path.join(directory, 'watched');
    fs.watchFile(file, () => undefined);
    expect(only(opened())).toMatchObject({ type: 'stat watcher', label: file, standing: 'counts' });
    fs.unwatchFile(file);
    await turns();
    expect(opened()).toEqual([]);
  });
});

describe('threads and ports', () => {
  it('show a worker with its ports as one finding, and nothing once it has ended', async () => {
    const worker = new Worker('require("node:worker_threads").parentPort.on("message", () => {})', { eval: true });
    worker.on('message', () => undefined);
    await once(worker, 'online');

    expect(only(accused())).toMatchObject({ type: 'worker', label: `thread ${String(worker.threadId)}` });
    worker.unref();
    expect(accused()).toEqual([]);
    worker.ref();
    expect(accused()).toHaveLength(1);
    await worker.terminate();
    expect(accused()).toEqual([]);
  });

  it('show a channel with two listening ports as one finding, and nothing once one port is closed', async () => {
    const { port1, port2 } = new MessageChannel();
    expect(opened()).toEqual([]);
    port1.on('message', () => undefined);
    port2.on('message', () => undefined);
    expect(only(accused()).type).toBe('message port');
    port1.close();
    await once(port2, 'close');
    expect(accused()).toEqual([]);
  });

  it('do not take a channel made beside a worker for the worker’s', async () => {
    const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
    const { port1 } = new MessageChannel();
    cleanups.push(() => port1.close());
    port1.on('message', () => undefined);
    await once(worker, 'online');
    expect(accused().map((resource) => resource.type)).toEqual(['worker', 'message port']);
    await worker.terminate();
    expect(only(accused()).type).toBe('message port');
  });

  it('show a broadcast channel until it is closed', async () => {
    const channel = new BroadcastChannel('leak');
    expect(only(accused()).type).toBe('broadcast channel');
    channel.close();
    await turns();
    expect(accused()).toEqual([]);
  });
});

describe('children', () => {
  it('are the process probe’s: their pipes are pooled and named by the opening', async () => {
    const child = spawn('sleep', ['60']);
    cleanups.push(() => child.kill());
    await once(child, 'spawn');
    const pipes = opened();
    expect(pipes.map((pipe) => `${pipe.type} ${pipe.standing}`)).toEqual(['pipe pooled', 'pipe pooled', 'pipe pooled']);

    const opening = probe.openings.child(child.pid ?? 0);
    expect(opening).toMatchObject({ unreferenced: false, hasPipes: true });
    for (const pipe of pipes) expect(opening?.handleKeys).toContain(pipe.key);
    child.kill();
    await once(child, 'close');
    await turns();
    expect(opened()).toEqual([]);
    expect(probe.openings.child(child.pid ?? 0)).toBeUndefined();
  });

  it('that have ended while somebody else holds their pipe leave a pipe that counts', async () => {
    const child = spawn('sh', ['-c', 'sleep 60 & echo $!'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const exit = once(child, 'exit');
    const [pid] = (await once(child.stdout, 'data')) as [Buffer];
    cleanups.push(() => process.kill(Number(pid.toString())));
    await exit;
    expect(only(accused()).type).toBe('pipe');
    child.stdout.destroy();
    await turns();
    expect(accused()).toEqual([]);
  });
});

describe('the probe', () => {
  it('tells which of some keys are still open', async () => {
    const kept = setInterval(() => undefined, 50_000);
    cleanups.push(() => clearInterval(kept));
    const dropped = setInterval(() => undefined, 50_000);
    const keys = [...probe.read()].filter((key) => !before.has(key));
    expect(keys).toHaveLength(2);
    clearInterval(dropped);
    expect([...probe.stillOpen([...keys, 'handle:999999999', 'listener:99999'])]).toEqual([keys[0]]);
  });

  it('does not keep alive what made a timer that is still pending', async () => {
    const collect = await forcedCollection();
    class Owner {
      start(): NodeJS.Timeout {
        return setInterval(noop, 50_000);
      }
    }
    let owner: Owner | null = new Owner();
    const reference = new WeakRef(owner);
    const timer = owner.start();
    cleanups.push(() => clearInterval(timer));
    owner = null;
    probe.read();
    await turns();
    collect();
    expect(reference.deref()).toBeUndefined();
  });

  it('does not keep alive what opened a socket that is still open, from the first reading on', async () => {
    const collect = await forcedCollection();
    class Owner {
      open(): dgram.Socket {
        return dgram.createSocket('udp4').bind(0);
      }
    }
    let owner: Owner | null = new Owner();
    const reference = new WeakRef(owner);
    const socket = owner.open();
    cleanups.push(() => socket.close());
    owner = null;
    await once(socket, 'listening');
    probe.read();
    await turns();
    collect();
    expect(reference.deref()).toBeUndefined();
  });

  it('sees nothing any more once it is stopped', () => {
    const fetchBefore = globalThis.fetch;
    const openBefore = fs.openSync;
    const spawnBefore: unknown = Reflect.get(Object.getPrototypeOf(spawnedPrototype()) as object, 'spawn');
    probe.stop();
    expect(globalThis.fetch).not.toBe(fetchBefore);
    expect(fs.openSync).not.toBe(openBefore);
    expect(Reflect.get(Object.getPrototypeOf(spawnedPrototype()) as object, 'spawn')).not.toBe(spawnBefore);
    const timer = setTimeout(noop, 50_000);
    expect([...probe.read()]).toEqual([]);
    clearTimeout(timer);
  });
});

function noop(): void {}

function spawnedPrototype(): object {
  return spawn('true', { stdio: 'ignore' });
}

async function forcedCollection(): Promise<() => void> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
