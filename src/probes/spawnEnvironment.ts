import { isFields } from '../core/findingCodec.ts';
import type { Frame } from '../core/stack.ts';
import { SPAWN_VARIABLE, type SpawnPlaces } from './spawnPlaces.ts';

/** Positions of `options` in the synchronous functions of `child_process`; after an argument list, one further. */
const OPTIONS_INDEX = 1;

/**
 * Puts the place of a start into the environment that a child is going to have, in a copy: no object of the caller's is changed.
 *
 * Only an environment that already holds this process's marks gets it. One that the caller made up, `{}` for instance, stays as it
 * is; nothing in it would lead back here anyway.
 */
export class SpawnEnvironment {
  readonly #places: SpawnPlaces;
  readonly #marks: readonly (readonly [name: string, value: string])[];

  constructor(places: SpawnPlaces, marks: Readonly<Record<string, string>>) {
    this.#places = places;
    this.#marks = Object.entries(marks);
  }

  /** For `ChildProcess.prototype.spawn(options)`, where Node has written the environment out as `envPairs`. */
  mark(args: unknown[], stack: readonly Frame[]): void {
    const [options] = args;
    if (!isFields(options) || !Array.isArray(options['envPairs'])) return;
    const pairs: readonly unknown[] = options['envPairs'];
    if (!this.#isMarked((name, value) => pairs.includes(`${name}=${value}`))) return;
    const isOurs = (pair: unknown): pair is string => typeof pair === 'string' && pair.startsWith(`${SPAWN_VARIABLE}=`);
    const inherited = pairs.find(isOurs)?.slice(SPAWN_VARIABLE.length + 1);
    const envPairs = [...pairs.filter((pair) => !isOurs(pair)), `${SPAWN_VARIABLE}=${this.#places.mark(stack, inherited)}`];
    args[0] = Object.assign(Object.create(Reflect.getPrototypeOf(options)) as object, options, { envPairs });
  }

  /** For `spawnSync` and `execFileSync(file, [args], [options])`, and for `execSync(command, [options])`. */
  markSync(args: unknown[], stack: readonly Frame[], hasArgumentList: boolean): void {
    const isListed = hasArgumentList && (Array.isArray(args[OPTIONS_INDEX]) || (args[OPTIONS_INDEX] ?? null) === null);
    const index = isListed ? OPTIONS_INDEX + 1 : OPTIONS_INDEX;
    // What Node is going to refuse it must see as it is.
    const options = args[index] === undefined ? {} : args[index];
    if (!isFields(options)) return;
    const given = options['env'] ?? process.env;
    if (!isFields(given) || !this.#isMarked((name, value) => given[name] === value)) return;
    const env: Record<string, unknown> = {};
    // Inherited properties as well, as Node does.
    for (const name in given) env[name] = given[name];
    const inherited = given[SPAWN_VARIABLE];
    env[SPAWN_VARIABLE] = this.#places.mark(stack, typeof inherited === 'string' ? inherited : undefined);
    while (args.length < index) args.push(undefined);
    args[index] = { ...options, env };
  }

  #isMarked(holds: (name: string, value: string) => boolean): boolean {
    return this.#marks.length > 0 && this.#marks.every(([name, value]) => holds(name, value));
  }
}
