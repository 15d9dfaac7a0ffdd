import type { SoakPlan } from '../../core/soakPlan.ts';
import { renderSoak, renderSoakLine, type SoakProgress } from '../../render/soakView.ts';
import type { SoakFile } from '../../stability/soakFile.ts';
import type { Terminal } from '../command.ts';

/** Follows the run on the screen. */
export interface LiveView {
  /** Shows a scenario that has a new sample. */
  show(file: SoakFile): void;
  /** Prints what Playwright or this command has to say. */
  print(text: string): void;
  /** Takes the charts away, so that the verdict is what is read last; the report has them. */
  end(): void;
}

/** Charts that are drawn over again where the terminal can do that, else a line for every sample. */
export function createLiveView(plan: SoakPlan, terminal: Terminal): LiveView {
  return terminal.rows === undefined ? new Log(plan, terminal) : new Charts(plan, terminal);
}

class Log implements LiveView {
  readonly #plan: SoakPlan;
  readonly #terminal: Terminal;

  constructor(plan: SoakPlan, terminal: Terminal) {
    this.#plan = plan;
    this.#terminal = terminal;
  }

  show(file: SoakFile): void {
    const progress = progressOf(file, this.#plan);
    if (progress !== null) this.print(`leak soak · ${renderSoakLine(progress)}\n`);
  }

  print(text: string): void {
    this.#terminal.out(text);
  }

  end(): void {}
}

class Charts implements LiveView {
  readonly #plan: SoakPlan;
  readonly #terminal: Terminal;
  #drawn: readonly string[] = [];

  constructor(plan: SoakPlan, terminal: Terminal) {
    this.#plan = plan;
    this.#terminal = terminal;
  }

  show(file: SoakFile): void {
    const progress = progressOf(file, this.#plan);
    if (progress === null) return;
    // Anew each time: the window may have been resized.
    const { columns, rows = 0, color } = this.#terminal;
    this.#draw('', renderSoak(progress, { columns, rows, color }));
  }

  /** Above the charts. */
  print(text: string): void {
    const plain = text.replace(MOVES, '');
    this.#draw(plain === '' || plain.endsWith('\n') ? plain : `${plain}\n`, this.#drawn);
  }

  end(): void {
    this.#draw('', []);
  }

  #draw(above: string, lines: readonly string[]): void {
    const up = this.#drawn.length === 0 ? '' : `\x1b[${String(this.#drawn.length)}A\r\x1b[0J`;
    this.#terminal.out(up + above + lines.map((line) => `${line}\n`).join(''));
    this.#drawn = lines;
  }
}

/** What moves the cursor or erases, as Playwright's line reporter does without asking whether it has a terminal. Colours stay. */
const MOVES = /\x1b\[[0-9;?]*[A-Za-ln-z]/g;

/** `null` before the first sample. */
function progressOf({ history }: SoakFile, plan: SoakPlan): SoakProgress | null {
  const { header, series, segment } = history;
  if (header === undefined || series.last === undefined) return null;
  return {
    name: header.name,
    iterations: series.last.iteration,
    plannedIterations: history.iterations,
    elapsedMs: series.elapsedMs,
    plannedMs: plan.durationMs ?? null,
    failed: series.errors.count,
    segment,
    points: series.points,
  };
}
