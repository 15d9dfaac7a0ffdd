import type { CreateContext } from '../../../src/resilience/poolOptions.ts';

/** A promise and what settles it. */
export interface Gate {
  readonly promise: Promise<void>;
  open(): void;
  fail(error: Error): void;
}

export function gate(): Gate {
  let open = (): void => {};
  let fail = (_error: Error): void => {};
  const promise = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

export interface Item {
  readonly number: number;
  readonly lost: () => void;
}

/** Makes resources, and knows how many of them exist: from the call of `create` on until `destroy` or `kill` is done. */
export class Factory {
  created = 0;
  existing = 0;
  mostExisting = 0;
  readonly destroyed: number[] = [];
  readonly killed: number[] = [];
  readonly contexts: CreateContext[] = [];
  /** What a start waits for. */
  onCreate: (context: CreateContext) => unknown = () => undefined;
  onDestroy: (item: Item) => unknown = () => undefined;
  onKill: (item: Item) => unknown = () => undefined;

  readonly create = async (context: CreateContext): Promise<Item> => {
    this.contexts.push(context);
    this.created += 1;
    const number = this.created;
    this.existing += 1;
    this.mostExisting = Math.max(this.mostExisting, this.existing);
    try {
      await this.onCreate(context);
    } catch (error) {
      this.existing -= 1;
      throw error;
    }
    return { number, lost: context.lost };
  };

  readonly destroy = async (item: Item): Promise<void> => {
    this.destroyed.push(item.number);
    await this.onDestroy(item);
    this.existing -= 1;
  };

  readonly kill = async (item: Item): Promise<void> => {
    this.killed.push(item.number);
    await this.onKill(item);
    this.existing -= 1;
  };
}
