import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { SoakHistory } from '../core/soakHistory.ts';
import { SoakJournalError } from '../core/soakJournal.ts';

const CHUNK = 65_536;

/** A journal on disk, read as far as it has been written; whatever comes later is read by the next call, and only that. */
export class SoakFile {
  readonly path: string;
  #history = new SoakHistory();
  #decoder = new StringDecoder('utf8');
  #offset = 0;
  #inode = 0;
  #endsInLine = true;

  constructor(path: string) {
    this.path = path;
  }

  get history(): SoakHistory {
    return this.#history;
  }

  /** Bytes that were read. */
  get size(): number {
    return this.#offset;
  }

  /** Whether what was read ends with a whole line. */
  get endsInLine(): boolean {
    return this.#endsInLine;
  }

  /**
   * Reads what is new. A file that was replaced, or cut, is read from its beginning into a new history.
   *
   * @returns Whether anything was new.
   * @throws SoakJournalError for a journal of another version, and the system's errors for one that cannot be read; a missing one is empty
   */
  read(): boolean {
    const stats = statSync(this.path, { throwIfNoEntry: false });
    if (stats === undefined) return false;
    if (stats.ino !== this.#inode || stats.size < this.#offset) this.#restart(stats.ino);
    if (stats.size === this.#offset) return false;
    const fd = openSync(this.path, 'r');
    try {
      const chunk = Buffer.allocUnsafe(CHUNK);
      for (let bytes = readSync(fd, chunk, 0, CHUNK, this.#offset); bytes > 0; bytes = readSync(fd, chunk, 0, CHUNK, this.#offset)) {
        this.#offset += bytes;
        this.#endsInLine = chunk[bytes - 1] === NEWLINE;
        this.#history.read(this.#decoder.write(chunk.subarray(0, bytes)));
      }
    } finally {
      closeSync(fd);
    }
    return true;
  }

  /** Reads what is new, as {@link SoakFile.read}; returns what a journal cannot be read for, instead of throwing it. */
  tryRead(): SoakJournalError | undefined {
    try {
      this.read();
      return undefined;
    } catch (error) {
      if (!(error instanceof SoakJournalError)) throw error;
      return error;
    }
  }

  #restart(inode: number): void {
    this.#history = new SoakHistory();
    this.#decoder = new StringDecoder('utf8');
    this.#offset = 0;
    this.#inode = inode;
    this.#endsInLine = true;
  }
}

const NEWLINE = 0x0a;
