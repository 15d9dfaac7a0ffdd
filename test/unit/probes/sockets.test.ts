import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAddress, parseInetLine, parseUnixLine, readSockets } from '../../../src/probes/sockets.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function inodeOfHandle(owner: object): string {
  const { fd } = (owner as { _handle: { fd: number } })._handle;
  return /\d+/.exec(readlinkSync(`/proc/self/fd/${String(fd)}`))?.[0] ?? '';
}

async function listen(address: { host: string; port: number } | { path: string }): Promise<Server> {
  const server = createServer().listen(address);
  cleanups.push(() => server.close());
  await once(server, 'listening');
  return server;
}

describe('readSockets', () => {
  it('tells where a TCP server listens, and both ends of a connection to it', async () => {
    const server = await listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.address() as AddressInfo;
    const client = connect(port, '127.0.0.1');
    const [[accepted]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [[Socket], unknown];
    cleanups.push(
      () => accepted.destroy(),
      () => client.destroy(),
    );
    const inodes = [server, client].map(inodeOfHandle);
    const sockets = readSockets(new Set(inodes));
    expect(sockets.get(inodes[0] ?? '')).toEqual({ protocol: 'tcp', local: `127.0.0.1:${String(port)}`, remote: null, state: 'listening' });
    expect(sockets.get(inodes[1] ?? '')).toEqual({
      protocol: 'tcp',
      local: `127.0.0.1:${String(client.localPort)}`,
      remote: `127.0.0.1:${String(port)}`,
      state: 'established',
    });
  });

  it('tells the path of a unix socket, also one with a blank in it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leak sockets-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'a b.sock');
    const inode = inodeOfHandle(await listen({ path }));
    expect(readSockets(new Set([inode])).get(inode)).toEqual({ protocol: 'unix', local: path, remote: null, state: 'listening' });
  });

  it('tells where a UDP socket is bound', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    cleanups.push(() => socket.close());
    await once(socket, 'listening');
    const sockets = readSockets(allSocketInodes());
    const local = `127.0.0.1:${String(socket.address().port)}`;
    expect([...sockets.values()]).toContainEqual({ protocol: 'udp', local, remote: null, state: 'bound' });
  });

  it('leaves out inodes that no table knows', () => {
    expect(readSockets(new Set(['1']), process.pid)).toEqual(new Map());
  });
});

describe('parsing /proc/net', () => {
  it.each([
    ['0100007F:1F90', '127.0.0.1:8080'],
    ['00000000000000000000000001000000:0050', '[::1]:80'],
    ['0000000000000000FFFF00000100007F:0050', '127.0.0.1:80'],
    ['B80D01200000000067452301EFCDAB89:01BB', '[2001:db8::123:4567:89ab:cdef]:443'],
  ])('reads %s as %s', (text, address) => {
    expect(parseAddress(text)).toBe(address);
  });

  it('makes nothing of a line it does not understand', () => {
    expect(parseInetLine('', 'tcp')).toBeUndefined();
    expect(parseInetLine('  sl  local_address', 'udp')).toBeUndefined();
    expect(parseUnixLine('garbage')).toBeUndefined();
  });
});

function allSocketInodes(): Set<string> {
  const inodes = new Set<string>();
  for (let fd = 0; fd < 200; fd++) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${String(fd)}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      continue;
    }
  }
  return inodes;
}
