import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/**
 * Writes a file so that a reader sees the old one or the whole new one, in a folder that is made if need be. Where a link leads to it,
 * the link stays. A pipe or a device, such as `/dev/stdout`, is written to and not replaced. A file that is there keeps its mode, and stays as
 * it is where it may not be written, though its folder may be.
 *
 * @param content the text, or its pieces
 * @throws what the file system says; nothing is left behind then
 */
export function writeAtomically(file: string, content: string | Iterable<string>): void {
  const pieces = typeof content === 'string' ? [content] : content;
  const old = statSync(file, { throwIfNoEntry: false });
  if (old?.isFile() === false) {
    writePieces(file, pieces);
    return;
  }
  const place = old === undefined ? file : realpathSync(file);
  if (old !== undefined) accessSync(place, constants.W_OK);
  makeFolder(path.dirname(place));
  const temporary = `${place}.${String(process.pid)}.tmp`;
  try {
    writePieces(temporary, pieces, old?.mode);
    renameSync(temporary, place);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** With the folders above it. Node's own `recursive` never ends where a folder is there and yet none can be made in it, as in `/proc`. */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!existsSync(folder)) throw error;
  }
}

/** A write for every so many UTF-16 units, or a report would take hundreds of thousands. */
const CHUNK = 1 << 20;

function writePieces(file: string, pieces: Iterable<string>, mode?: number): void {
  const descriptor = openSync(file, 'w', mode);
  try {
    // Whoever may not read the old file must not read the new one, and the umask has nothing to say of a file that was there.
    if (mode !== undefined) fchmodSync(descriptor, mode);
    let chunk = '';
    for (const piece of pieces) {
      chunk += piece;
      if (chunk.length < CHUNK) continue;
      writeFileSync(descriptor, chunk);
      chunk = '';
    }
    writeFileSync(descriptor, chunk);
  } finally {
    closeSync(descriptor);
  }
}
