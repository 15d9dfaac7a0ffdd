import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../src/core/messageOf.ts';
import { RUN_DIRECTORY_VARIABLE, RUN_ID_VARIABLE, runFolderPrefix } from '../src/core/record.ts';
import { readJournal, type WorkerJournal } from '../src/core/workerJournal.ts';

/**
 * What marks the processes of one run: an identifier in their environment, and a folder for the workers' journals. Nested runs get a mark
 * of their own; afterwards the environment is as it was.
 */
export class RunMark {
  readonly id = randomUUID();
  #directory: string | null = null;
  #former: Readonly<Record<string, string | undefined>> | null = null;
  readonly #notes: string[] = [];

  /** Sentences about what could not be set up or read. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  /** Sets the variables that workers inherit when they are forked. */
  begin(env: NodeJS.ProcessEnv = process.env): void {
    this.#former = { [RUN_ID_VARIABLE]: env[RUN_ID_VARIABLE], [RUN_DIRECTORY_VARIABLE]: env[RUN_DIRECTORY_VARIABLE] };
    env[RUN_ID_VARIABLE] = this.id;
    Reflect.deleteProperty(env, RUN_DIRECTORY_VARIABLE);
    try {
      this.#directory = mkdtempSync(join(tmpdir(), runFolderPrefix(process.pid)));
      env[RUN_DIRECTORY_VARIABLE] = this.#directory;
      process.once('exit', this.#remove);
    } catch (error) {
      this.#notes.push(
        `What hooks and worker fixtures left behind is not known: no folder for the workers' journals could be made (${messageOf(error)}).`,
      );
    }
  }

  /** Every worker's journal as far as it was written. */
  readJournals(): Map<number, WorkerJournal> {
    const journals = new Map<number, WorkerJournal>();
    if (this.#directory === null) return journals;
    try {
      for (const name of readdirSync(this.#directory)) {
        const index = /^worker-(\d+)\.jsonl$/.exec(name)?.[1];
        if (index === undefined) continue;
        journals.set(Number(index), readJournal(Number(index), readFileSync(join(this.#directory, name), 'utf8')));
      }
    } catch (error) {
      this.#notes.push(`The workers' journals could not be read (${messageOf(error)}); what hooks left behind is not known.`);
    }
    return journals;
  }

  /** Takes the mark out of the environment and removes the folder. Idempotent. */
  end(env: NodeJS.ProcessEnv = process.env): void {
    for (const [name, value] of Object.entries(this.#former ?? {})) {
      if (value === undefined) Reflect.deleteProperty(env, name);
      else env[name] = value;
    }
    this.#former = null;
    process.off('exit', this.#remove);
    this.#remove();
  }

  /** Also at the exit of a run that never came to its end. */
  readonly #remove = (): void => {
    if (this.#directory === null) return;
    try {
      rmSync(this.#directory, { recursive: true, force: true });
    } catch (error) {
      this.#notes.push(`The folder ${this.#directory} could not be removed (${messageOf(error)}); it can be deleted.`);
    }
    this.#directory = null;
  };
}
