import type { FullConfig, Suite } from '@playwright/test/reporter';
import { dirname } from 'node:path';
import { messageOf } from '../src/core/messageOf.ts';
import { encodeShard, markKey, shardEntry, type ShardData } from '../src/core/shard.ts';
import { fileState } from '../src/files/fileState.ts';
import { blobFile, type BlobSurroundings } from './blobFile.ts';
import { appendToZip } from './zipAppend.ts';

/**
 * Sends what this reporter knows along with Playwright's blob, for the reporter that merges: blobs hold tests' records and nothing of hooks,
 * workers and the run. The blob says which run it is of, in `config.metadata`, and gets the run's leak data as one entry more, which
 * `merge-reports` unpacks with the attachments.
 */
export class ShardDelivery {
  readonly #run: string;
  readonly #file: string;
  readonly #before: string;
  readonly #marked: Record<string, unknown>[] = [];
  #data: (() => ShardData) | null = null;
  #isDone = false;
  #isMarked = false;

  private constructor(run: string, file: string) {
    this.#run = run;
    this.#file = file;
    this.#before = fileState(file);
  }

  /** `null`: this run writes no blob. */
  static begin(run: string, config: FullConfig, suite: Suite, surroundings: BlobSurroundings): ShardDelivery | null {
    const file = blobFile(config, surroundings);
    if (file === null) return null;
    const delivery = new ShardDelivery(run, file);
    const { current, total } = config.shard ?? {};
    const group = [surroundings.env['PWTEST_BOT_NAME'] ?? '', ...tagsOf(config), surroundings.commandHash].join(' ').trim();
    delivery.#isMarked = delivery.#mark(config.metadata, { shard: current === undefined ? null : { current, total }, group });
    // Projects may have metadata of their own, and are what tests lead to when blobs are merged.
    for (const { metadata } of suite.suites.flatMap((child) => child.project() ?? []))
      if (metadata !== config.metadata) delivery.#mark(metadata, {});
    return delivery;
  }

  /**
   * Adds the data to the blob. The blob reporter may come after this one: then there is no blob yet, and `end` will do it.
   *
   * @returns a sentence if something went wrong as yet
   */
  deliver(data: () => ShardData): string[] {
    this.#data = data;
    const problem = fileState(this.#file) === this.#before ? null : this.#add(data);
    return problem === null ? [] : [problem];
  }

  /** At the exit of the run. A sentence when there was never a delivery. */
  end(): string | null {
    if (this.#isDone) return null;
    if (this.#data !== null && fileState(this.#file) !== this.#before) return this.#add(this.#data);
    this.#unmark();
    return `There is no blob at ${this.#file} to add the leak data to: a merge will not know what hooks and workers left behind.`;
  }

  #add(data: () => ShardData): string | null {
    this.#isDone = true;
    this.#unmark();
    try {
      if (!this.#isMarked) throw new Error('config.metadata, which is to say which run it is of, is frozen');
      appendToZip(this.#file, shardEntry(this.#run), Buffer.from(encodeShard(data())));
      return null;
    } catch (error) {
      return `What hooks and workers left behind could not be added to the blob ${this.#file} (${messageOf(error)}): a merge will not know of it.`;
    }
  }

  /** The folder that the blob reporter empties before it writes. */
  get folder(): string {
    return dirname(this.#file);
  }

  #mark(metadata: unknown, value: Record<string, unknown>): boolean {
    if (typeof metadata !== 'object' || metadata === null || !Object.isExtensible(metadata)) return false;
    const target = metadata as Record<string, unknown>;
    target[markKey(this.#run)] = value;
    this.#marked.push(target);
    return true;
  }

  /** The blob is written: nobody else needs to see the mark. */
  #unmark(): void {
    for (const metadata of this.#marked) Reflect.deleteProperty(metadata, markKey(this.#run));
  }
}

function tagsOf(config: FullConfig): readonly string[] {
  const tags: unknown = Reflect.get(config, 'tags');
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
}
