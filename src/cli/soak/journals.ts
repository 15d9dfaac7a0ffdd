import { basename } from 'node:path';
import { messageOf } from '../../core/messageOf.ts';
import type { SoakHistory } from '../../core/soakHistory.ts';
import { SoakJournalError } from '../../core/soakJournal.ts';
import { fileState } from '../../files/fileState.ts';
import { SoakFile } from '../../stability/soakFile.ts';
import { listJournals } from '../../stability/soakFolder.ts';

/**
 * The journal of a folder whose latest process began last, read to its end; `undefined`: there is none. One that a run was killed in before
 * it had a header is none. When the files were written says nothing: a folder that was copied has them all of one time.
 *
 * @throws SoakJournalError when there are journals and none of them can be read
 */
export function latestJournal(directory: string): SoakFile | undefined {
  const problems: string[] = [];
  const begun = listJournals(directory).flatMap((place) => {
    const file = new SoakFile(place);
    const problem = file.tryRead();
    if (problem !== undefined) problems.push(`${place} cannot be continued: ${problem.message}`);
    return file.history.header === undefined ? [] : [file];
  });
  const [problem] = problems;
  if (begun.length === 0 && problem !== undefined) throw new SoakJournalError(problem);
  return begun.sort((a, b) => b.history.startedAt.localeCompare(a.history.startedAt))[0];
}

/** Journals of a folder that are of another soak than this one and have not come to their end. One that cannot be read is left out. */
export function unfinishedOfOthers(directory: string, id: string | undefined): readonly SoakFile[] {
  return unfinished(directory, ({ header }) => header?.plan.id !== id);
}

function unfinished(directory: string, matches: (history: SoakHistory) => boolean): SoakFile[] {
  return listJournals(directory)
    .map((place) => new SoakFile(place))
    .filter((file) => {
      file.tryRead();
      const { header, end } = file.history;
      return header !== undefined && end?.cutShort !== null && matches(file.history);
    });
}

/** Sentences about the journals of a soak that was resumed and that no test has continued. */
export function notContinued(directory: string, id: string | undefined, continued: readonly SoakFile[]): string[] {
  const paths = new Set(continued.map(({ path }) => path));
  return unfinished(directory, (history) => id !== undefined && history.header?.plan.id === id)
    .filter(({ path }) => !paths.has(path))
    .map(({ path, history: { header, series } }) => {
      const done = `${String(series.last?.iteration ?? 0)} iterations of ${header?.name ?? ''}`;
      return `${basename(path)} was not continued, with ${done}: was its test or its scenario renamed, or was it not selected`;
    });
}

/** The journals that a run writes or continues: what lay in the folder before, and was not touched, is not its business. */
export class Journals {
  readonly #directory: string;
  readonly #before: ReadonlyMap<string, string>;
  readonly #files = new Map<string, SoakFile>();
  readonly #problems = new Set<string>();

  /** Call before the run begins. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#before = new Map(listJournals(directory).map((path) => [path, fileState(path)]));
  }

  /** In the order in which they were begun. */
  get files(): readonly SoakFile[] {
    return [...this.#files.values()].filter(({ history }) => history.header !== undefined);
  }

  /** Whether there are any and all processes have ended their part. */
  get haveEnded(): boolean {
    return this.files.length > 0 && this.files.every(({ history }) => history.end !== undefined);
  }

  /** Sentences about what cannot be read. */
  get problems(): readonly string[] {
    return [...this.#problems];
  }

  /** Reads what is new, and returns the journals that have something new. */
  poll(): readonly SoakFile[] {
    this.#attempt(this.#directory, () => {
      for (const path of listJournals(this.#directory)) {
        if (!this.#files.has(path) && this.#before.get(path) !== fileState(path)) this.#files.set(path, new SoakFile(path));
      }
    });
    return [...this.#files.values()].filter((file) => this.#attempt(file.path, () => file.read()) === true);
  }

  /** What cannot be read is told at the end: to look at the journals must not end the run. */
  #attempt<T>(place: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      const reason = messageOf(error);
      this.#problems.add(error instanceof SoakJournalError ? `${place}: ${reason}` : `${place} could not be read: ${reason}`);
      return undefined;
    }
  }
}
