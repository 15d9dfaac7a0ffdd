/** A place in a {@link WaitQueue}. Whoever waits keeps it, in order to leave from the middle. */
export interface Place {
  previous: Place | undefined;
  next: Place | undefined;
}

/**
 * First in, first out, and anybody may leave at any time: every operation takes constant time, however many wait. (An array's `shift`
 * moves everything behind it: with 50,000 waiters the queue collapses.)
 */
export class WaitQueue<P extends Place> {
  #first: P | undefined;
  #last: P | undefined;
  #length = 0;

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  /** Whoever has waited longest; the rest follow by `next`. */
  get first(): P | undefined {
    return this.#first;
  }

  /** Queues up at the end. */
  push(place: P): void {
    place.previous = this.#last;
    place.next = undefined;
    if (this.#last === undefined) this.#first = place;
    else this.#last.next = place;
    this.#last = place;
    this.#length += 1;
  }

  /** Takes out whoever has waited longest. */
  shift(): P | undefined {
    const first = this.#first;
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Leaves the queue. The place must be in it. */
  remove(place: P): void {
    // Places of one queue are all of its own type.
    const previous = place.previous as P | undefined;
    const next = place.next as P | undefined;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    place.previous = undefined;
    place.next = undefined;
    this.#length -= 1;
  }
}
