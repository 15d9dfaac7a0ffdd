import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { MessageChannel, Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findGarbageCollector } from '../../../src/probes/garbage.ts';
import { HandleRegistry } from '../../../src/probes/handleRegistry.ts';
import type { HandleType } from '../../../src/probes/handleTypes.ts';
import { OriginContext } from '../../../src/probes/originContext.ts';

let registry: HandleRegistry;
beforeEach(() => {
  registry = new HandleRegistry(new OriginContext());
  registry.start();
});
afterEach(() => {
  registry.stop();
});

/** What the registry remembers, of timers if nothing is said, after it has looked at all it knows. */
function remembered(...types: readonly HandleType[]): number {
  registry.forEachOpen(() => undefined);
  const wanted = new Set<HandleType>(types.length === 0 ? ['Timeout'] : types);
  return registry.made(1, registry.newestId()).filter(({ type }) => wanted.has(type)).length;
}

const ports = (): number => remembered('MESSAGEPORT', 'WORKER');

describe('the registry of handles remembers', () => {
  // As undici does with the one timer behind all its time-outs, twice a second for as long as there are requests.
  it('one life of a timer that fires and is refreshed again and again, referenced or not', async () => {
    const before = remembered();
    for (const referenced of [false, true]) {
      const fired = new EventTarget();
      const timer = setTimeout(() => fired.dispatchEvent(new Event('fired')), 1);
      if (!referenced) timer.unref();
      for (let life = 0; life < 20; life += 1) {
        const over = once(fired, 'fired');
        timer.refresh();
        // Keeps the process alive, which an unreferenced timer does not.
        await Promise.all([over, delay(5)]);
      }
      timer.refresh();
      expect(remembered() - before).toBe(1);
      clearTimeout(timer);
      expect(remembered() - before).toBe(0);
    }
  });

  it('of timers that have fired no more than were pending at once, and lets go of what the callbacks of the others refer to', async () => {
    const collect = findGarbageCollector();
    const kept: WeakRef<object>[] = [];
    const use = async (): Promise<void> => {
      const rows = { used: 0 };
      kept.push(new WeakRef(rows));
      await new Promise<void>((resolve) => {
        setTimeout(() => {
          rows.used += 1;
          resolve();
        }, 0);
      });
    };
    await Promise.all(Array.from({ length: 100 }, use));
    for (let count = 0; count < 400; count += 1) await use();
    await turn();
    collect?.();
    const left = (): number => kept.filter((reference) => reference.deref() !== undefined).length;
    expect(left()).toBeLessThan(40);
    await turn();
    registry.forEachOpen(() => undefined);
    collect?.();
    // The last callback may still be in a register of the engine.
    expect(left()).toBeLessThan(3);
  });

  it('a connection once, however often its agent hands it out', async () => {
    const server = http.createServer((_request, response) => response.end('x')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const before = remembered('TCPWRAP');
    const sockets = new Set<Socket>();
    for (let request = 0; request < 20; request += 1) {
      const [response] = (await once(http.get({ port, agent }), 'response')) as [http.IncomingMessage];
      const ended = once(response, 'end');
      sockets.add(response.socket);
      response.resume();
      await ended;
      await turn();
    }
    const [socket] = sockets;
    if (socket === undefined || sockets.size > 1) throw new Error('the agent has not handed out one connection');
    // The client's end and the server's.
    expect(remembered('TCPWRAP') - before).toBe(2);
    const closed = [once(socket, 'close'), once(server, 'close')];
    agent.destroy();
    server.close();
    await Promise.all(closed);
    await turn();
    expect(remembered('TCPWRAP') - before).toBe(0);
  });

  it('an unreferenced timer, for it may be referenced again, until it is cleared', () => {
    const before = remembered();
    const timer = setInterval(() => undefined, 50_000).unref();
    expect(remembered() - before).toBe(1);
    clearInterval(timer);
    expect(remembered() - before).toBe(0);
  });

  it('a message port that is unreferenced, for it may be referenced again, until it is closed', async () => {
    const { port1, port2 } = new MessageChannel();
    expect(ports()).toBe(2);
    const closed = Promise.all([once(port1, 'close'), once(port2, 'close')]);
    port1.close();
    await closed;
    await turn();
    expect(ports()).toBe(0);
  });

  it('a worker thread and its ports until it has ended, referenced or not', async () => {
    const worker = new Worker('require("node:worker_threads").parentPort.once("message", () => process.exit())', { eval: true });
    worker.unref();
    await once(worker, 'online');
    expect(ports()).toBeGreaterThan(0);
    worker.ref();
    const ended = once(worker, 'exit');
    worker.postMessage('end');
    await ended;
    // Its ports close in turns of their own, and nothing else tells of that.
    await expect.poll(ports).toBe(0);
  });
});
