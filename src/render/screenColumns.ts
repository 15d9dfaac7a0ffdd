const DEFAULT_COLUMNS = 100;
/** Narrower or wider than this, nothing is laid out. */
const LEAST = 20;
const MOST = 1000;

/**
 * How many columns to print in: those of the terminal, or else what somebody says, as the variable `COLUMNS` does; a whole number within
 * what can be laid out.
 *
 * @example screenColumns(undefined, '80.5') // 80
 */
export function screenColumns(terminal: number | undefined, said?: string): number {
  const columns = terminal !== undefined && terminal > 0 ? terminal : Number(said);
  return columns > 0 ? Math.min(MOST, Math.max(LEAST, Math.floor(columns))) : DEFAULT_COLUMNS;
}
