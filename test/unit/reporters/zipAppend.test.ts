import { ftruncateSync, openSync, closeSync, fstatSync, readFileSync, readSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { appendToZip, isWholeZip } from '../../../reporters/zipAppend.ts';
import { temporaryFolder } from '../temporaryFolder.ts';

const EMPTY = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);

let folder = '';
let file = '';
beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder, 'blob.zip');
  writeFileSync(file, EMPTY);
});

/** Reads entries as the format says: end, zip64 end, directory, local headers. */
function entriesOf(path: string): Record<string, string> {
  const descriptor = openSync(path, 'r');
  const read = (from: number, size: number): Buffer => {
    const buffer = Buffer.alloc(size);
    expect(readSync(descriptor, buffer, 0, size, from)).toBe(size);
    return buffer;
  };
  const { size } = fstatSync(descriptor);
  const tail = read(Math.max(0, size - 500), Math.min(size, 500));
  const last = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  let [count, at] = [tail.readUInt16LE(last + 10), tail.readUInt32LE(last + 16)];
  if (at === 0xffffffff) {
    expect(tail.readUInt32LE(last - 20)).toBe(0x07064b50);
    const end64 = read(Number(tail.readBigUInt64LE(last - 12)), 56);
    expect(end64.readUInt32LE(0)).toBe(0x06064b50);
    [count, at] = [Number(end64.readBigUInt64LE(32)), Number(end64.readBigUInt64LE(48))];
  }
  const entries: Record<string, string> = {};
  for (let index = 0; index < count; index += 1) {
    const header = read(at, 46);
    expect(header.readUInt32LE(0)).toBe(0x02014b50);
    const [packed, nameSize, extraSize] = [header.readUInt32LE(20), header.readUInt16LE(28), header.readUInt16LE(30)];
    const far = header.readUInt32LE(42) === 0xffffffff;
    const local = far ? Number(read(at + 46 + nameSize + 4, 8).readBigUInt64LE(0)) : header.readUInt32LE(42);
    const start = read(local, 30);
    const skipped = 30 + start.readUInt16LE(26) + start.readUInt16LE(28);
    entries[read(at + 46, nameSize).toString()] = inflateRawSync(read(local + skipped, packed)).toString();
    at += 46 + nameSize + extraSize;
  }
  closeSync(descriptor);
  return entries;
}

describe('adding to a zip file', () => {
  it('keeps what is there and adds one entry, again and again', () => {
    appendToZip(file, 'report.jsonl', Buffer.from('{"a":1}\n'.repeat(500)));
    appendToZip(file, 'resources/leak-ü.json', Buffer.from('{}'));
    appendToZip(file, 'resources/empty.json', Buffer.alloc(0));
    expect(entriesOf(file)).toEqual({ 'report.jsonl': '{"a":1}\n'.repeat(500), 'resources/leak-ü.json': '{}', 'resources/empty.json': '' });
    expect(isWholeZip(file)).toBe(true);
  });

  it('only ever appends, so that the archive is whole as long as nothing is lost of what was there', () => {
    appendToZip(file, 'report.jsonl', Buffer.from('text'));
    const before = readFileSync(file);
    appendToZip(file, 'more', Buffer.from('more'));
    expect(readFileSync(file).subarray(0, before.length)).toEqual(before);
  });

  it('takes an archive with a comment', () => {
    appendToZip(file, 'a', Buffer.from('a'));
    const commented = readFileSync(file);
    commented.writeUInt16LE(5, commented.length - 2);
    writeFileSync(file, Buffer.concat([commented, Buffer.from('hello')]));
    appendToZip(file, 'b', Buffer.from('b'));
    expect(entriesOf(file)).toEqual({ a: 'a', b: 'b' });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['something else', Buffer.from('x'.repeat(1000))],
    ['a directory that is not there', Buffer.concat([EMPTY.subarray(0, 12), Buffer.from([9, 0, 0, 0]), EMPTY.subarray(16)])],
    ['a zip64 end that is not there', Buffer.concat([EMPTY.subarray(0, 10), Buffer.alloc(10, 0xff), EMPTY.subarray(20)])],
  ])('refuses %s and leaves it as it was', (_, content) => {
    writeFileSync(file, content);
    expect(() => {
      appendToZip(file, 'a', Buffer.from('a'));
    }).toThrow('no whole zip file');
    expect(readFileSync(file)).toEqual(content);
    expect(isWholeZip(file)).toBe(false);
  });

  it('refuses one that was cut off, wherever', () => {
    appendToZip(file, 'report.jsonl', Buffer.from('some text'));
    const whole = readFileSync(file);
    for (let size = 0; size < whole.length; size += 1) {
      writeFileSync(file, whole);
      truncateSync(file, size);
      // Up to where the empty archive ended it is that one.
      expect(isWholeZip(file), `cut to ${String(size)}`).toBe(size === EMPTY.length);
    }
  });

  it('tells of a file that is not there', () => {
    expect(isWholeZip(join(folder, 'none.zip'))).toBe(false);
  });
});

describe('a zip file above 4 GB', () => {
  it('is read and written as zip64', () => {
    appendToZip(file, 'first', Buffer.from('first'));
    const small = readFileSync(file);
    const directory = small.readUInt32LE(small.length - 6);
    // A hole that takes no room on the disk, with the archive's directory behind it, and a zip64 end.
    const far = 5 * 1024 ** 3;
    const descriptor = openSync(file, 'r+');
    ftruncateSync(descriptor, 0);
    writeSync(descriptor, small, 0, directory, 0);
    const central = small.subarray(directory, small.length - 22);
    const end64 = Buffer.alloc(56);
    end64.writeUInt32LE(0x06064b50, 0);
    end64.writeBigUInt64LE(44n, 4);
    end64.writeBigUInt64LE(1n, 24);
    end64.writeBigUInt64LE(1n, 32);
    end64.writeBigUInt64LE(BigInt(central.length), 40);
    end64.writeBigUInt64LE(BigInt(far), 48);
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07064b50, 0);
    locator.writeBigUInt64LE(BigInt(far + central.length), 8);
    const end = Buffer.concat([EMPTY.subarray(0, 8), Buffer.alloc(12, 0xff), Buffer.alloc(2)]);
    writeSync(descriptor, Buffer.concat([central, end64, locator, end]), 0, undefined, far);
    closeSync(descriptor);
    appendToZip(file, 'second', Buffer.from('second'));
    appendToZip(file, 'third', Buffer.from('third'));
    expect(isWholeZip(file)).toBe(true);
    expect(entriesOf(file)).toEqual({ first: 'first', second: 'second', third: 'third' });
  });
});
