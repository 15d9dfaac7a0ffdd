/** Metrics by name at one moment. `null`: could not be read. */
type Reading = Readonly<Record<string, number | null>>;

/**
 * Joins the readings of one process to those of the process before.
 *
 * Descriptors, heap and pages belong to the process they are read in. Another process has other levels from its start, and that jump is
 * nobody's growth. So each metric is shifted by a constant: its first reading in this process comes to lie on its last one before.
 * Growth within the processes adds up, jumps between them vanish. What is no level (a name that ends in `Ms`) is not shifted.
 * A joined value is relative to the beginning of the series; it is no reading of any process, and may be negative.
 *
 * @example new SegmentShift({ fds: 30 }).join({ fds: 21 }) // { fds: 30 }
 */
export class SegmentShift {
  readonly #levels: Reading;
  readonly #shifts = new Map<string, number>();

  /** @param levels The last joined value of every metric before this process; empty for the first process. */
  constructor(levels: Reading) {
    this.#levels = levels;
  }

  /** Where a reading lies in the joined series. The first reading of each metric decides its shift. */
  join(reading: Reading): Record<string, number | null> {
    return mapped(reading, (value, name) => value + this.#shiftOf(name, value));
  }

  /** What was read, from where it lies in the joined series: the inverse of {@link SegmentShift.join}. */
  part(joined: Reading): Record<string, number | null> {
    return mapped(joined, (value, name) => value - (this.#shifts.get(name) ?? 0));
  }

  #shiftOf(name: string, first: number): number {
    const known = this.#shifts.get(name);
    if (known !== undefined) return known;
    const level = Object.hasOwn(this.#levels, name) ? (this.#levels[name] ?? first) : first;
    const shift = name.endsWith('Ms') ? 0 : level - first;
    this.#shifts.set(name, shift);
    return shift;
  }
}

function mapped(reading: Reading, change: (value: number, name: string) => number): Record<string, number | null> {
  return Object.fromEntries(Object.entries(reading).map(([name, value]) => [name, value === null ? null : change(value, name)]));
}
