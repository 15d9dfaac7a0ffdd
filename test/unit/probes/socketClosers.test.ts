import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findGarbageCollector } from '../../../src/probes/garbage.ts';
import { createHandleProbe, type HandleProbe } from '../../../src/probes/handles.ts';

describe('who ended an accused connection', () => {
  let probe: HandleProbe;
  let server: net.Server;
  let accepted: net.Socket[];

  beforeEach(async () => {
    accepted = [];
    server = net.createServer((socket) => accepted.push(socket.on('error', () => undefined)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    probe = createHandleProbe();
    probe.start();
  });
  afterEach(async () => {
    probe.stop();
    for (const socket of accepted) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  async function connect(): Promise<{ readonly client: net.Socket; readonly key: string }> {
    const before = probe.read();
    const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined);
    await Promise.all([once(client, 'connect'), once(server, 'connection')]);
    const described = probe.describe([...probe.read()].filter((key) => !before.has(key)));
    const key = described.find(({ type, standing }) => type === 'socket' && standing === 'counts')?.key ?? '';
    return { client, key };
  }

  it('is the program, when it ends or destroys its socket', async () => {
    for (const close of ['end', 'destroy'] as const) {
      const { client, key } = await connect();
      client.resume()[close]();
      for (const socket of accepted) socket.end();
      await once(client, 'close');
      expect(probe.closedBy?.(key)).toBe('own');
    }
  });

  it('is the peer, when the server hangs up first', async () => {
    const { client, key } = await connect();
    client.resume();
    accepted[0]?.end();
    await once(client, 'close');
    expect(probe.closedBy?.(key)).toBe('peer');
  });

  it.each(['end', 'resetAndDestroy'] as const)('is known also when the collector has taken the socket since: %s', async (hangUp) => {
    const forgotten = await (async () => {
      const { client, key } = await connect();
      client.resume();
      accepted[0]?.[hangUp]();
      await new Promise((resolve) => client.once('close', resolve));
      return { key, socket: new WeakRef(client) };
    })();
    const collect = findGarbageCollector();
    while (forgotten.socket.deref() !== undefined) {
      await new Promise((resolve) => setImmediate(resolve));
      collect?.();
    }
    expect(probe.closedBy?.(forgotten.key)).toBe('peer');
  });

  it('is the peer, when the server resets the connection', async () => {
    const { client, key } = await connect();
    client.resume();
    accepted[0]?.resetAndDestroy();
    await new Promise((resolve) => client.once('close', resolve));
    expect(probe.closedBy?.(key)).toBe('peer');
  });

  it('cannot be told of a socket that was never described', () => {
    expect(probe.closedBy?.('handle:999999999')).toBeUndefined();
  });
});
