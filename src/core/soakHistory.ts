import { DEFAULT_CRITERIA, type Criteria } from './criteria.ts';
import { decodeSoakEntry, SoakJournalError, type SoakEnd, type SoakEntry, type SoakHeader, type SoakScenario } from './soakJournal.ts';
import { SoakSeries } from './soakSeries.ts';
import { differenceOf, type SoakPlan } from './soakPlan.ts';

/** A line without an end is no journal: reading stops hoping for it here. */
const LONGEST_LINE = 4_000_000;

/**
 * A journal, as far as it has been read: give it the text piece by piece. A line that is no entry (the last one of a killed run, cut
 * short) is counted and left out; what a process writes after the next one has begun is left out, too. Takes bounded memory, however long the
 * journal grows.
 */
export class SoakHistory {
  readonly #series = new SoakSeries();
  #header: SoakHeader | undefined;
  #plan: SoakPlan | undefined;
  #criteria: Criteria = DEFAULT_CRITERIA;
  #iterations: number | null = null;
  #segment = -1;
  #startedAt = '';
  #pid: number | undefined;
  #warmUp = 0;
  #end: SoakEnd | undefined;
  #pending = '';
  #damaged = 0;

  get header(): SoakHeader | undefined {
    return this.#header;
  }

  /** What the latest process was told; `undefined` as long as the header is. */
  get plan(): SoakPlan | undefined {
    return this.#plan;
  }

  /** Criteria of the latest process. */
  get criteria(): Criteria {
    return this.#criteria;
  }

  /** What the latest process runs to; `null`: until its time is over. */
  get iterations(): number | null {
    return this.#iterations;
  }

  /** Number of the latest process, −1 before the first. */
  get segment(): number {
    return this.#segment;
  }

  /** When the latest process began, ISO 8601; before the first: the journal itself. Empty as long as the header is not there. */
  get startedAt(): string {
    return this.#startedAt;
  }

  /** Pid of the latest process; `undefined` before the first. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** Iterations of all warm-ups. */
  get warmUp(): number {
    return this.#warmUp;
  }

  /** How the latest process ended; `undefined`: it did not, or was killed. */
  get end(): SoakEnd | undefined {
    return this.#end;
  }

  /** The samples of all processes as one series. */
  get series(): SoakSeries {
    return this.#series;
  }

  /** Lines that could not be read. */
  get damaged(): number {
    return this.#damaged;
  }

  /** @throws SoakJournalError for a journal of another version */
  read(text: string): void {
    const lines = (this.#pending + text).split('\n');
    this.#pending = lines.pop() ?? '';
    if (this.#pending.length > LONGEST_LINE) {
      lines.push(this.#pending.slice(0, 100));
      this.#pending = '';
    }
    for (const line of lines) if (line !== '') this.#line(line);
  }

  /** No more text will come: what is left is a line that was cut short. */
  finish(): void {
    if (this.#pending !== '') this.#line(this.#pending);
    this.#pending = '';
  }

  #take(entry: SoakEntry): void {
    if (entry.type === 'header') {
      this.#header ??= entry;
      this.#plan ??= entry.plan;
      this.#startedAt ||= entry.startedAt;
      return;
    }
    // Of a process that still ran when the next one began: the series goes on with that.
    if (entry.segment < this.#segment) return;
    this.#segment = entry.segment;
    this.#end = entry.type === 'end' ? entry : undefined;
    if (entry.type === 'segment') {
      this.#pid = entry.pid;
      this.#startedAt = entry.startedAt;
      this.#criteria = entry.criteria;
      this.#iterations = entry.iterations;
      this.#plan = entry.plan ?? this.#plan;
    }
    if (entry.type === 'warmUp') this.#warmUp += entry.iterations;
    if (entry.type === 'sample') this.#series.add(entry.segment, entry);
  }

  #line(line: string): void {
    const entry = decodeSoakEntry(line);
    if (entry === null || (this.#header === undefined && entry.type !== 'header')) this.#damaged += 1;
    else this.#take(entry);
  }
}

/**
 * Whether a history is continued by this scenario under this plan: it must be of the same soak, and what decides how the scenario runs must
 * be the same, or its series would not be one. How long it runs, and the limits, may differ.
 *
 * @returns `false` for the history of another soak
 * @throws SoakJournalError that says what differs
 */
export function isContinued({ header }: SoakHistory, scenario: SoakScenario, plan: SoakPlan): boolean {
  if (header === undefined)
    throw new SoakJournalError('it has no header, so it is no journal of leak soak: move it away, or begin anew without --resume');
  if (header.name !== scenario.name || header.testId !== scenario.testId) {
    throw new SoakJournalError(
      `it belongs to the scenario ${JSON.stringify(header.name)} of ${header.file}, not to ${JSON.stringify(scenario.name)} of ${scenario.file}: move it away, or begin anew without --resume`,
    );
  }
  if (header.plan.id !== plan.id) return false;
  const difference = differenceOf({ ...header.plan, seed: header.seed }, plan);
  if (difference === undefined) return true;
  const { option, former, now } = difference;
  throw new SoakJournalError(
    `it was begun with ${option} ${String(former)}, and this run has ${String(now)}: resume with ${option} ${String(former)}, or begin anew without --resume`,
  );
}
