import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';

/** Where the directory of a zip file lies, and how long the file is. Numbers of bytes. */
interface ZipEnd {
  readonly entries: number;
  readonly directorySize: number;
  readonly directoryOffset: number;
  readonly fileSize: number;
}

/** APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16. */
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;

const END_SIZE = 22;
const END_64_SIZE = 56;
const LOCATOR_64_SIZE = 20;
const MAX_COMMENT = 0xffff;
const MAX_16 = 0xffff;
const MAX_32 = 0xffffffff;
/** Deflated; names in UTF-8; version 4.5 knows zip64. */
const DEFLATE = 8;
const UTF_8 = 0x0800;
const VERSION = 45;
/** 1 January 1980, the first day zip files know. */
const DATE = 0x0021;

/**
 * Adds one entry to a zip file. The file is only ever appended to: new directory and new end come behind the old ones, so that whoever reads
 * it meanwhile sees the old archive, and when writing fails the file is cut back to what it was.
 *
 * @throws Error when the file cannot be opened or written, or is no whole zip file
 */
export function appendToZip(file: string, name: string, content: Buffer): void {
  const descriptor = openSync(file, 'r+');
  try {
    const end = readEnd(descriptor);
    const directory = read(descriptor, end.directoryOffset, end.directorySize);
    const added = renderEntry(name, content, directory, end);
    try {
      for (let done = 0; done < added.length;) {
        done += writeSync(descriptor, added, done, added.length - done, end.fileSize + done);
      }
    } catch (error) {
      ftruncateSync(descriptor, end.fileSize);
      throw error;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Whether a file is a whole zip file, as far as its end tells: one that was cut off has lost it. */
export function isWholeZip(file: string): boolean {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    readEnd(descriptor);
    return true;
  } catch {
    return false;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function readEnd(descriptor: number): ZipEnd {
  const fileSize = fstatSync(descriptor).size;
  const tailSize = Math.min(fileSize, END_SIZE + MAX_COMMENT + LOCATOR_64_SIZE);
  const tail = read(descriptor, fileSize - tailSize, tailSize);
  for (let at = tail.length - END_SIZE; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END || at + END_SIZE + tail.readUInt16LE(at + 20) !== tail.length) continue;
    const end = {
      entries: tail.readUInt16LE(at + 10),
      directorySize: tail.readUInt32LE(at + 12),
      directoryOffset: tail.readUInt32LE(at + 16),
      fileSize,
    };
    const large = end.entries === MAX_16 || end.directorySize === MAX_32 || end.directoryOffset === MAX_32;
    return checked(large ? { ...readEnd64(descriptor, tail, at), fileSize } : end);
  }
  throw new Error('it is no whole zip file: its end is missing');
}

function readEnd64(descriptor: number, tail: Buffer, end: number): Omit<ZipEnd, 'fileSize'> {
  const locator = end - LOCATOR_64_SIZE;
  if (locator < 0 || tail.readUInt32LE(locator) !== LOCATOR_64) throw new Error('it is no whole zip file: its zip64 locator is missing');
  const end64 = read(descriptor, Number(tail.readBigUInt64LE(locator + 8)), END_64_SIZE);
  if (end64.readUInt32LE(0) !== END_64) throw new Error('it is no whole zip file: its zip64 end is missing');
  return {
    entries: Number(end64.readBigUInt64LE(32)),
    directorySize: Number(end64.readBigUInt64LE(40)),
    directoryOffset: Number(end64.readBigUInt64LE(48)),
  };
}

function checked(end: ZipEnd): ZipEnd {
  if (end.directoryOffset + end.directorySize > end.fileSize - END_SIZE)
    throw new Error('it is no whole zip file: its directory is missing');
  return end;
}

/** Local header, data, the old directory with one entry more, and the end. */
function renderEntry(name: string, content: Buffer, directory: Buffer, end: ZipEnd): Buffer {
  const names = Buffer.from(name, 'utf8');
  const data = deflateRawSync(content);
  const sum = crc32(content);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(VERSION, 0);
  common.writeUInt16LE(UTF_8, 2);
  common.writeUInt16LE(DEFLATE, 4);
  common.writeUInt16LE(DATE, 8);
  common.writeUInt32LE(sum, 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(names.length, 22);
  const local = Buffer.concat([uint32(LOCAL), common, names, data]);
  const offset = end.fileSize;
  const isFar = offset >= MAX_32;
  const extra = isFar ? Buffer.concat([uint16(1), uint16(8), uint64(offset)]) : Buffer.alloc(0);
  common.writeUInt16LE(extra.length, 24);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(isFar ? MAX_32 : offset, 10);
  const central = Buffer.concat([uint32(CENTRAL), uint16(VERSION), common, rest, names, extra]);
  const grown = Buffer.concat([directory, central]);
  return Buffer.concat([local, grown, renderEnd(end.entries + 1, grown.length, offset + local.length)]);
}

function renderEnd(entries: number, directorySize: number, directoryOffset: number): Buffer {
  const isLarge = entries >= MAX_16 || directorySize >= MAX_32 || directoryOffset >= MAX_32;
  const end = Buffer.alloc(END_SIZE);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(isLarge ? MAX_16 : entries, 8);
  end.writeUInt16LE(isLarge ? MAX_16 : entries, 10);
  end.writeUInt32LE(isLarge ? MAX_32 : directorySize, 12);
  end.writeUInt32LE(isLarge ? MAX_32 : directoryOffset, 16);
  if (!isLarge) return end;
  const versions = Buffer.concat([uint16(VERSION), uint16(VERSION), uint32(0), uint32(0)]);
  const numbers = [entries, entries, directorySize, directoryOffset].map(uint64);
  const end64 = Buffer.concat([uint32(END_64), uint64(END_64_SIZE - 12), versions, ...numbers]);
  const locator = Buffer.concat([uint32(LOCATOR_64), uint32(0), uint64(directoryOffset + directorySize), uint32(1)]);
  return Buffer.concat([end64, locator, end]);
}

function read(descriptor: number, position: number, size: number): Buffer {
  const buffer = Buffer.alloc(size);
  for (let done = 0; done < size;) {
    const count = readSync(descriptor, buffer, done, size - done, position + done);
    if (count === 0) throw new Error('it is no whole zip file: it ends too early');
    done += count;
  }
  return buffer;
}

function uint16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16LE(value);
  return buffer;
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function uint64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}
