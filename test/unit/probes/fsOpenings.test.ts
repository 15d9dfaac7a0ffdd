import fs, { openSync as importedOpenSync } from 'node:fs';
import fsPromises, { open as importedOpen } from 'node:fs/promises';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { originOf } from '../../../src/core/stack.ts';
import { createFdProbe } from '../../../src/probes/fds.ts';
import { FsOpenings } from '../../../src/probes/fsOpenings.ts';
import { findGarbageCollector } from '../../../src/probes/garbage.ts';
import { OriginContext } from '../../../src/probes/originContext.ts';
import { publishPatches } from '../../../src/probes/publishPatches.ts';

let context: OriginContext;
let openings: FsOpenings;
let file: string;

beforeEach(() => {
  file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'leak-fs-')), 'data.csv');
  fs.writeFileSync(file, 'a,b\n');
  context = new OriginContext();
  openings = new FsOpenings(context);
  context.start();
  openings.start();
  publishPatches();
});

afterEach(() => {
  openings.stop();
  context.stop();
  publishPatches();
  fs.rmSync(path.dirname(file), { recursive: true, force: true });
});

function here(): number {
  return Number(/fsOpenings\.test\.ts:(\d+)/.exec(new Error().stack?.split('\n')[2] ?? '')?.[1]);
}

function lineOf(fd: number, found: string | null = file): number | undefined {
  return originOf(openings.opening(fd, found)?.stack ?? [])?.line;
}

describe('who closed a descriptor', () => {
  /** Opens a file of which nobody else holds the handle, and what a probe that was asked for it says once it is gone. */
  async function closerOf(close: (handle: fsPromises.FileHandle) => unknown): Promise<unknown> {
    const probe = createFdProbe({ openings: { fd: (fd, found) => openings.opening(fd, found) } });
    probe.start();
    const key = await (async () => {
      const before = probe.read();
      const handle = await fsPromises.open(file);
      const [opened] = [...probe.read()].filter((one) => !before.has(one) && one.startsWith(`fd:${String(handle.fd)}:`));
      probe.describe([opened ?? '']);
      expect(probe.closedBy?.(opened ?? '')).toBeUndefined();
      await close(handle);
      return opened ?? '';
    })();
    const collect = findGarbageCollector();
    while (probe.stillOpen([key]).size > 0) {
      collect?.();
      await turn();
    }
    const closer = probe.closedBy?.(key);
    probe.stop();
    return closer;
  }

  it('is nobody where the collector did, because a FileHandle was forgotten', async () => {
    const warned = once(process, 'warning');
    expect(await closerOf(() => undefined)).toBe('nobody');
    await warned;
  });

  it('is not said of a FileHandle that was closed, also once it is collected', async () => {
    expect(await closerOf((handle) => handle.close())).toBeUndefined();
  });
});

describe('who opened a descriptor', () => {
  it('is known of fs.openSync, also when it was imported by name', () => {
    const line = here() + 1;
    const fds = [fs.openSync(file, 'r'), importedOpenSync(file, 'r')];
    expect(fds.map((fd) => lineOf(fd))).toEqual([line, line]);
    for (const fd of fds) fs.closeSync(fd);
  });

  it('is known of fs.open with a callback, and promisified', async () => {
    const line = here() + 1;
    const first = new Promise<number>((resolve, reject) => fs.open(file, (error, fd) => (error === null ? resolve(fd) : reject(error))));
    const second = promisify(fs.open)(file, 'r');
    const fds = await Promise.all([first, second]);
    expect(fds.map((fd) => lineOf(fd))).toEqual([line, line + 1]);
    for (const fd of fds) fs.closeSync(fd);
  });

  it('is known of fs.promises.open, also when it was imported by name', async () => {
    const line = here() + 1;
    const handles = [await fsPromises.open(file), await importedOpen(file)];
    expect(handles.map((handle) => lineOf(handle.fd))).toEqual([line, line]);
    const fds = handles.map((handle) => handle.fd);
    for (const handle of handles) await handle.close();
    expect(fds.map((fd) => lineOf(fd))).toEqual([undefined, undefined]);
  });

  it('is known of streams, which open in a later tick', async () => {
    const line = here() + 1;
    const reader = fs.createReadStream(file);
    const writer = fs.createWriteStream(`${file}.copy`);
    const [[readerFd], [writerFd]] = (await Promise.all([once(reader, 'open'), once(writer, 'open')])) as [[number], [number]];

    expect([lineOf(readerFd), lineOf(writerFd, `${file}.copy`)]).toEqual([line, line + 1]);
    reader.destroy();
    writer.destroy();
    await Promise.all([once(reader, 'close'), once(writer, 'close')]);
    expect([lineOf(readerFd), lineOf(writerFd, `${file}.copy`)]).toEqual([undefined, undefined]);
  });

  it('is known of directories by their path, through links as well', async () => {
    const folder = path.dirname(file);
    const link = `${folder}.link`;
    fs.symlinkSync(folder, link);
    const line = here() + 1;
    const directory = await fsPromises.opendir(link);
    expect(lineOf(999, folder)).toBe(line);
    expect(lineOf(999, '/elsewhere')).toBeUndefined();
    await directory.close();
    fs.unlinkSync(link);
  });

  it('is forgotten when the descriptor is closed, by whichever call', async () => {
    const fds = [fs.openSync(file, 'r'), fs.openSync(file, 'r'), fs.openSync(file, 'r')] as const;
    fs.closeSync(fds[0]);
    await promisify(fs.close)(fds[1]);
    expect(fds.map((fd) => lineOf(fd) === undefined)).toEqual([true, true, false]);
    fs.closeSync(fds[2]);
  });

  it('is not claimed for another file that got the same number', () => {
    const other = `${file}.other`;
    fs.writeFileSync(other, '');
    const fd = fs.openSync(file, 'r');
    expect(lineOf(fd, file)).toBeDefined();
    fs.renameSync(file, `${file}.moved`);
    expect(lineOf(fd, `${file}.moved`)).toBeDefined();
    fs.writeFileSync(file, 'a new file of the old name');
    expect(lineOf(fd, other)).toBeUndefined();
    fs.closeSync(fd);
  });

  it('is known of a file opened through a link', () => {
    fs.symlinkSync(file, `${file}.link`);
    const fd = fs.openSync(`${file}.link`, 'r');
    expect(lineOf(fd, file)).toBeDefined();
    fs.closeSync(fd);
  });
});

describe('the wrappers', () => {
  it('leave errors, results and custom promisify as they were', async () => {
    expect(() => fs.openSync(`${file}.missing`, 'r')).toThrow(expect.objectContaining({ code: 'ENOENT', syscall: 'open' }) as Error);
    await expect(fsPromises.open(`${file}.missing`)).rejects.toMatchObject({ code: 'ENOENT' });
    const failed = await new Promise((resolve) => fs.open(`${file}.missing`, resolve));
    expect(failed).toMatchObject({ code: 'ENOENT' });
    expect(() => fs.openSync(undefined as unknown as string, 'r')).toThrow(TypeError);
    expect(fs.open.name).toBe('open');
  });

  it('are taken out by stop, for named imports as well', () => {
    const wrapped = importedOpenSync;
    openings.stop();
    publishPatches();
    expect(importedOpenSync).not.toBe(wrapped);
    expect(importedOpenSync).toBe(fs.openSync);
  });

  it('leave in place what somebody else has put over them, and record nothing more', () => {
    const wrapped = fs.openSync;
    const theirs = ((...args: Parameters<typeof fs.openSync>) => wrapped(...args)) as typeof fs.openSync;
    fs.openSync = theirs;
    openings.stop();
    const kept = fs.openSync;
    const fd = fs.openSync(file, 'r');
    expect(kept).toBe(theirs);
    expect(openings.opening(fd, file)).toBeUndefined();
    fs.closeSync(fd);
    fs.openSync = unwrapped;
  });
});

const unwrapped = fs.openSync;
