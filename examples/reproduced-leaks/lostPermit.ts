import { createHash } from 'node:crypto';
import { Semaphore } from 'leak/resilience';

/** Takes receipts in and digests them in the background, four at a time. Damaged ones are counted and dropped. */
export interface ReceiptQueue {
  readonly waiting: number;
  submit(receipt: Buffer): void;
}

async function digest(receipt: Buffer): Promise<string> {
  if (receipt[0] === 0) throw new Error('The receipt is damaged');
  return createHash('sha256').update(receipt).digest('hex');
}

/** A damaged receipt keeps its permit. After the fourth one nobody gets in any more, and every receipt waits for ever. */
export class LeakyQueue implements ReceiptQueue {
  readonly #permits = new Semaphore(4);
  damaged = 0;

  get waiting(): number {
    return this.#permits.waiting;
  }

  submit(receipt: Buffer): void {
    this.#digest(receipt).catch(() => (this.damaged += 1));
  }

  async #digest(receipt: Buffer): Promise<void> {
    const permit = await this.#permits.acquire();
    await digest(receipt);
    permit.release();
  }
}

/** `run` gives the permit back whatever happens. */
export class RepairedQueue implements ReceiptQueue {
  readonly #permits = new Semaphore(4);
  damaged = 0;

  get waiting(): number {
    return this.#permits.waiting;
  }

  submit(receipt: Buffer): void {
    this.#permits.run(async () => digest(receipt)).catch(() => (this.damaged += 1));
  }
}
