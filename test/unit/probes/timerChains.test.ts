import { once, EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHandleProbe, type HandleProbe } from '../../../src/probes/handles.ts';

describe('a timer that arms itself again', () => {
  let probe: HandleProbe;
  let events: EventEmitter;
  let timers: NodeJS.Timeout[];

  beforeEach(() => {
    events = new EventEmitter();
    timers = [];
    probe = createHandleProbe();
    probe.start();
  });
  afterEach(() => {
    probe.stop();
    for (const timer of timers) clearTimeout(timer);
  });

  const other = (): void => void timers.push(setTimeout(() => undefined, 60_000));

  /** Keys of the timers of this file that are pending and were not before. */
  function pending(before: ReadonlySet<string>): string[] {
    return probe
      .describe([...probe.read()].filter((key) => !before.has(key)))
      .filter(({ stack }) => stack.some(({ file }) => file === import.meta.filename))
      .map(({ key }) => key);
  }

  it.each<[how: string, others: number, poll: (work: () => void) => () => void]>([
    [
      'by its name',
      1,
      (work) => {
        const poll = (): void => {
          work();
          timers[0] = setTimeout(poll, 1);
        };
        return poll;
      },
    ],
    [
      'in the same line, as a new function each time',
      2,
      (work) => {
        const poll = (): void => {
          timers[0] = setTimeout(() => {
            work();
            poll();
          }, 1);
        };
        return poll;
      },
    ],
  ])('%s is the same one, whatever else its callback arms first', async (_, others, pollWith) => {
    const before = probe.read();
    let rounds = 0;
    const poll = pollWith(() => {
      for (let count = 0; count < others; count += 1) other();
      AbortSignal.timeout(60_000).onabort = null;
      rounds += 1;
      if (rounds === 2) events.emit('armed');
    });
    timers.push(setTimeout(poll, 1));
    const armed = once(events, 'armed');
    const [first] = pending(before);
    await armed;
    const now = pending(before);
    expect(first).toBeDefined();
    expect(now).toContain(first);
    // Those of two rounds, and itself.
    expect(now).toHaveLength(2 * others + 1);
    clearTimeout(timers[0]);
    expect(probe.stillOpen([first ?? ''])).toEqual(new Set());
  });

  it('is not meant by one that does not hold the process', async () => {
    const before = probe.read();
    timers.push(
      setTimeout(() => {
        AbortSignal.timeout(60_000).onabort = null;
        events.emit('fired');
      }, 1),
    );
    const [first] = pending(before);
    await once(events, 'fired');
    expect(probe.stillOpen([first ?? ''])).toEqual(new Set());
  });
});
