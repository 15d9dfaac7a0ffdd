import fs from 'node:fs';

/** Reads the first line of an export, and forgets to close it. */
export function firstLine(file: string): string {
  const descriptor = fs.openSync(file, 'r'); // leak: fd
  const buffer = Buffer.alloc(80);
  fs.readSync(descriptor, buffer);
  return buffer.toString('utf8').split('\n')[0] ?? '';
}
