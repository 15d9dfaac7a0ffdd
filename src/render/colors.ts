import picocolors from 'picocolors';

/** The colours the renderers use; each is the identity when colours are off. */
export interface Colors {
  readonly red: Paint;
  readonly yellow: Paint;
  readonly green: Paint;
  readonly dim: Paint;
  readonly bold: Paint;
}

type Paint = (text: string) => string;

export function colors(enabled: boolean): Colors {
  return picocolors.createColors(enabled);
}

/** What decides about colours: the environment, and whether the screen is a terminal. */
export interface ScreenTraits {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTTY: boolean;
}

/**
 * Whether to use colours: `FORCE_COLOR` decides when set (`0` and `false` turn them off), then `NO_COLOR` when not empty
 * (https://no-color.org), then whether this is a terminal that is not `dumb`.
 */
export function wantsColor({ env, isTTY }: ScreenTraits): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return isTTY && env['TERM'] !== 'dumb';
}
