import { display, isRecord } from './json.ts';

/** An object without keys that nobody knows. @throws TypeError that names the option */
export function expectRecord(value: unknown, name: string, keys: readonly string[]): Record<string, unknown> {
  if (!isRecord(value)) throw new TypeError(`${name}: expected an object with ${keys.join(', ')}, got ${display(value)}`);
  const stranger = Object.keys(value).find((key) => !keys.includes(key));
  if (stranger !== undefined) throw new TypeError(`${name}.${stranger}: no such option; expected one of ${keys.join(', ')}`);
  return value;
}

/** One of a few texts. @throws TypeError that names the option */
export function expectOneOf<T extends string>(value: unknown, name: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw new TypeError(`${name}: expected ${choices.map((c) => `'${c}'`).join(', ')}, got ${display(value)}`);
  return choice;
}

/** A number from 0 to `most`. @throws TypeError or RangeError that names the option */
export function expectAmount(value: unknown, name: string, most: number, unit: string): number {
  if (typeof value !== 'number' || Number.isNaN(value)) throw new TypeError(`${name}: expected a number of ${unit}, got ${display(value)}`);
  if (value < 0 || value > most) {
    const range = most === Infinity ? 'at least 0' : `0 to ${String(most)}`;
    throw new RangeError(`${name}: expected ${range} ${unit}, got ${String(value)}`);
  }
  return value;
}

/** `true` or `false`. @throws TypeError that names the option */
export function expectBoolean(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw new TypeError(`${name}: expected true or false, got ${display(value)}`);
  return value;
}
