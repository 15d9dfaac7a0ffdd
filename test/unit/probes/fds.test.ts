import { spawnSync } from 'node:child_process';
import {
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Resource } from '../../../src/core/resource.ts';
import { createFdProbe } from '../../../src/probes/fds.ts';
import type { ResourceProbe } from '../../../src/probes/probe.ts';
import { measureUsage } from '../../../src/probes/usage.ts';

let folder: string;
let probe: ResourceProbe;
const open = new Set<number>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leak-fds-'));
  probe = createFdProbe();
  probe.start();
});

afterEach(() => {
  for (const fd of open) closeSync(fd);
  open.clear();
  probe.stop();
  rmSync(folder, { recursive: true });
});

function openFile(name: string, flags = 'w'): number {
  const fd = openSync(join(folder, name), flags);
  open.add(fd);
  return fd;
}

function close(fd: number): void {
  closeSync(fd);
  open.delete(fd);
}

/** Keys that are new after `act`, of descriptor `fd` only: the test runner opens its own. */
function keysOf(fd: number, from: ResourceProbe = probe): string[] {
  return [...from.read()].filter((key) => key.startsWith(`fd:${String(fd)}:`));
}

function describeFd(fd: number, from: ResourceProbe = probe): Resource | undefined {
  return from.describe(keysOf(fd, from))[0];
}

describe('a file', () => {
  it('is read while it is open, with its path, and gone when it is closed', () => {
    const fd = openFile('orders.csv');
    const keys = keysOf(fd);
    expect(keys).toHaveLength(1);
    expect(probe.describe(keys)).toEqual([
      {
        key: keys[0],
        kind: 'fd',
        type: 'file',
        label: join(folder, 'orders.csv'),
        opener: 'unknown',
        standing: 'counts',
        stack: [],
        evidence: { fd, path: join(folder, 'orders.csv'), access: 'write' },
        owns: [],
      },
    ]);
    close(fd);
    expect(keysOf(fd)).toEqual([]);
    expect(probe.stillOpen(keys)).toEqual(new Set());
    expect(probe.describe(keys)).toEqual([]);
  });

  it('stays the same while it is renamed and deleted', () => {
    const fd = openFile('a');
    const keys = keysOf(fd);
    renameSync(join(folder, 'a'), join(folder, 'b'));
    expect(keysOf(fd)).toEqual(keys);
    unlinkSync(join(folder, 'b'));
    expect(keysOf(fd)).toEqual(keys);
    expect(describeFd(fd)).toMatchObject({ label: join(folder, 'b'), evidence: { deleted: true } });
  });

  it('is not taken for a deleted one because of its name', () => {
    const fd = openFile('a (deleted)');
    expect(describeFd(fd)).toMatchObject({ label: join(folder, 'a (deleted)') });
    expect(describeFd(fd)?.evidence).not.toHaveProperty('deleted');
  });

  it('keeps a name with line breaks and escape sequences', () => {
    const fd = openFile('a\n\u001b[31mb');
    expect(describeFd(fd)?.evidence['path']).toBe(join(folder, 'a\n\u001b[31mb'));
  });

  it('is another one when another file got its number', () => {
    const fd = openFile('first');
    const keys = keysOf(fd);
    close(fd);
    const again = openFile('second');
    expect(again).toBe(fd);
    expect(probe.stillOpen(keys)).toEqual(new Set());
    expect(probe.describe(keys)).toEqual([]);
    expect(describeFd(again)?.label).toBe(join(folder, 'second'));
  });

  it('is the same one through a hard link, and another one under another number', () => {
    const first = openFile('first');
    linkSync(join(folder, 'first'), join(folder, 'second'));
    const second = openFile('second', 'r');
    expect(keysOf(first)).not.toEqual(keysOf(second));
    expect(keysOf(first)[0]?.split(':')[3]).toBe(keysOf(second)[0]?.split(':')[3]);
  });

  it('below the folder of Playwright’s artifacts is Playwright’s', () => {
    mkdirSync(join(folder, '.playwright-artifacts-0'));
    expect(describeFd(openFile('.playwright-artifacts-0/video.webm'))?.opener).toBe('playwright');
  });
});

describe('what was recorded of an opening', () => {
  const frame = (file: string) => ({ file, line: 3, column: 5, function: null });

  it('is asked by number and path, and makes opener and stack', () => {
    const fd = openFile('orders.csv');
    const asked: unknown[] = [];
    const recording = createFdProbe({
      openings: {
        fd: (...question) => {
          asked.push(question);
          return { stack: [frame('node:fs'), frame('/suite/a.spec.ts')] };
        },
      },
    });
    expect(describeFd(fd, recording)).toMatchObject({
      opener: 'user',
      standing: 'counts',
      stack: [frame('node:fs'), frame('/suite/a.spec.ts')],
    });
    expect(asked).toEqual([[fd, join(folder, 'orders.csv')]]);
  });

  it('makes a device count that otherwise would be the runtime’s', () => {
    const fd = openSync('/dev/null', 'r');
    open.add(fd);
    expect(describeFd(fd)).toMatchObject({ type: 'character device', opener: 'runtime', standing: 'shared', evidence: { access: 'read' } });
    const recording = createFdProbe({ openings: { fd: () => ({ stack: [frame('/suite/a.spec.ts')] }) } });
    expect(describeFd(fd, recording)).toMatchObject({ opener: 'user', standing: 'counts' });
  });
});

describe('a file whose opening nobody recorded', () => {
  it('counts, and is the runtime’s only when it is a module that is being read', () => {
    const sorts: [string, string][] = [
      ['orders.csv', 'r'],
      ['built.js', 'w'],
      ['built.mjs', 'r+'],
      ['task.js', 'r'],
      ['task.mts', 'r'],
    ];
    for (const [name] of sorts) writeFileSync(join(folder, name), '');
    const standings = sorts.map(([name, flags]) => describeFd(openFile(name, flags))).map((file) => [file?.opener, file?.standing]);
    const counts = ['unknown', 'counts'];
    const shared = ['runtime', 'shared'];
    expect(standings).toEqual([counts, counts, counts, shared, shared]);
  });
});

describe('other descriptors', () => {
  it('a directory is one', () => {
    const fd = openSync(folder, 'r');
    open.add(fd);
    expect(describeFd(fd)).toMatchObject({ type: 'directory', label: folder });
  });

  it('a fifo is one, by its path', () => {
    const path = join(folder, 'fifo');
    expect(spawnSync('mkfifo', [path]).status).toBe(0);
    const fd = openSync(path, 'r+');
    open.add(fd);
    expect(describeFd(fd)).toMatchObject({ type: 'fifo', label: path, evidence: { access: 'read and write' } });
  });

  it('a server’s socket tells its address, and is closed with the server', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    const keys = keysOf(fd);
    const { port } = server.address() as AddressInfo;
    const address = { protocol: 'tcp', local: `127.0.0.1:${String(port)}`, remote: null, state: 'listening' };
    expect(probe.describe(keys)[0]).toMatchObject({ type: 'socket', label: `tcp 127.0.0.1:${String(port)}`, evidence: { address } });
    server.close();
    await once(server, 'close');
    expect(probe.stillOpen(keys)).toEqual(new Set());
  });

  it('the runtime’s own are told apart by what they are, and are shared', () => {
    const anonymous = probe.describe([...probe.read()].filter((key) => key.includes(':anonymous:')));
    expect(anonymous.map(({ type }) => type)).toContain('eventpoll');
    for (const { key, type } of anonymous) expect(key).toMatch(new RegExp(`^fd:\\d+:anonymous:${type}$`));
    expect(new Set(anonymous.map(({ standing }) => standing))).toEqual(new Set(['shared']));
  });

  it('those of an event loop may be a thread’s while one runs, and are accused no more than it', () => {
    const standings = (threads: number): Set<string> => {
      const beside = createFdProbe({ openings: { fd: () => undefined, threads: () => threads } });
      const found = beside.describe([...beside.read()]);
      return new Set(found.filter(({ type }) => type === 'eventpoll' || type === 'eventfd').map(({ standing }) => standing));
    };
    expect(standings(0)).toEqual(new Set(['shared']));
    expect(standings(1)).toEqual(new Set(['pooled']));
  });

  it('neither the probe’s own descriptor nor those of the process meter are counted', async () => {
    const before = probe.read();
    expect(probe.read()).toEqual(before);
    await measureUsage([process.pid, process.ppid]);
    const meters = readdirSync('/proc/self/fd').length;
    expect(meters).toBeGreaterThan(before.size);
    const opened = probe.describe([...probe.read()].filter((key) => !before.has(key)));
    expect(opened.filter(({ label }) => label.endsWith('/stat'))).toEqual([]);
  });

  it('somebody else’s descriptor in /proc is counted', () => {
    const fd = openSync('/proc/self/status', 'r');
    open.add(fd);
    expect(keysOf(fd)).toHaveLength(1);
  });
});

describe('a process without a free descriptor', () => {
  it('is still read, number by number', ({ skip }) => {
    const limit = (value: string): boolean => spawnSync('prlimit', ['--pid', String(process.pid), `--nofile=${value}`]).status === 0;
    const fd = openFile('last');
    const before = probe.read();
    const softLimit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '1024';
    if (!limit('300:')) skip('prlimit is missing');
    const filled: number[] = [];
    try {
      expect(() => {
        for (;;) filled.push(openSync('/dev/null', 'r'));
      }).toThrow(/EMFILE/);
      expect(() => readdirSync('/proc/self/fd')).toThrow(/EMFILE/);
      const full = probe.read();
      expect([...before].filter((key) => !full.has(key))).toEqual([]);
      expect(full.size).toBe(before.size + filled.length);
      expect(probe.stillOpen([...full])).toEqual(full);
      expect(keysOf(fd)).toHaveLength(1);
    } finally {
      for (const each of filled) closeSync(each);
      limit(`${softLimit}:`);
    }
    expect(probe.read()).toEqual(before);
  });
});
