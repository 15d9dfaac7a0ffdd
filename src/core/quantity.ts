import { display } from './json.ts';

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/**
 * Reads a duration: a number with `ms`, `s`, `m`, `h` or `d`.
 *
 * @param name How the option is called in messages.
 * @returns milliseconds, more than 0
 * @throws TypeError for another form; RangeError for zero or more than can be counted
 * @example parseDuration('72h', '--duration') // 259_200_000
 */
export function parseDuration(value: unknown, name: string): number {
  const [amount, unit] = split(value, /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/) ?? [];
  const factor = unit === undefined ? undefined : MILLISECONDS[unit];
  if (amount === undefined || factor === undefined) {
    throw new TypeError(`${name}: expected a duration such as 500ms, 30s, 5m, 72h or 3d, got ${display(value)}`);
  }
  return counted(amount * factor, value, name, 'at least 1ms');
}

/**
 * Reads a size of memory: a number with `k`, `m` or `g` (of 1024), or with `b` or nothing for bytes; `512mb` and `512MiB` are `512m`.
 *
 * @param name How the option is called in messages.
 * @returns bytes, more than 0
 * @throws TypeError for another form; RangeError for zero or more than can be counted
 * @example parseSize('512m', '--memory-limit') // 536_870_912
 */
export function parseSize(value: unknown, name: string): number {
  const [amount, unit] = split(value, /^(\d+(?:\.\d+)?)(b|[kmg](?:i?b)?)?$/i) ?? [];
  const factor = unit === undefined ? undefined : BYTES[unit.charAt(0).toLowerCase() || 'b'];
  if (amount === undefined || factor === undefined) {
    throw new TypeError(`${name}: expected a size such as 512m or 1g, got ${display(value)}`);
  }
  return counted(amount * factor, value, name, 'at least 1 byte');
}

function split(value: unknown, form: RegExp): readonly [amount: number, unit: string] | undefined {
  const match = typeof value === 'string' ? form.exec(value.trim()) : null;
  return match === null ? undefined : [Number(match[1]), match[2] ?? ''];
}

function counted(amount: number, value: unknown, name: string, least: string): number {
  const whole = Math.round(amount);
  if (whole < 1) throw new RangeError(`${name}: expected ${least}, got ${display(value)}`);
  if (!Number.isSafeInteger(whole)) throw new RangeError(`${name}: expected less than can be counted exactly, got ${display(value)}`);
  return whole;
}
