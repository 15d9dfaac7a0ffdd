import { patch } from './patch.ts';
import type { CallObserver } from './transparentCall.ts';

/** Methods of other people's prototypes that are observed for a while, and put back as they were. */
export class MethodWraps {
  readonly #wrapped = new Map<object, Set<string>>();
  #undo: (() => void)[] = [];

  /**
   * Observes `object[name]` for all objects of its class: the method is wrapped where it is defined, once. Methods the class does
   * not have, in an older version for instance, are passed over.
   */
  observe<Token>(object: object, name: string, observer: CallObserver<Token>): void {
    const holder = holderOf(object, name);
    if (holder === undefined) return;
    const names = this.#wrapped.get(holder) ?? new Set<string>();
    if (names.has(name)) return;
    this.#wrapped.set(holder, names.add(name));
    this.#undo.push(patch(holder, name, observer));
  }

  /** Puts every method back. One that somebody else has wrapped meanwhile stays, as a mere passage to the original. */
  restore(): void {
    for (const undo of this.#undo.reverse()) undo();
    this.#undo = [];
    this.#wrapped.clear();
  }
}

/** The prototype that defines a method, or the object itself when it carries the method on its own. */
function holderOf(object: object, name: string): object | undefined {
  for (let holder: object | null = object; holder !== null && holder !== Object.prototype; holder = Reflect.getPrototypeOf(holder)) {
    if (Object.hasOwn(holder, name)) return holder;
  }
  return undefined;
}
