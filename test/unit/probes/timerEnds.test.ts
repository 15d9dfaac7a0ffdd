import { once, EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHandleProbe, type HandleProbe } from '../../../src/probes/handles.ts';

describe('how an accused timer came to its end', () => {
  let probe: HandleProbe;
  let events: EventEmitter;

  beforeEach(() => {
    events = new EventEmitter();
    probe = createHandleProbe();
    probe.start();
  });
  afterEach(() => {
    probe.stop();
  });

  /** The key of the only timer that `arm` arms, after it was described as a detector does with what it accuses. */
  function accused(arm: () => void): string {
    const before = probe.read();
    arm();
    const own = probe
      .describe([...probe.read()].filter((key) => !before.has(key)))
      .filter(({ stack }) => stack.some(({ file }) => file === import.meta.filename));
    expect(own).toHaveLength(1);
    return own[0]?.key ?? '';
  }

  /** What the probe says once a reading has found the timer gone. */
  function end(key: string) {
    probe.read();
    expect(probe.stillOpen([key])).toEqual(new Set());
    return probe.closedBy?.(key);
  }

  it('its owner cleared it, or let it go', () => {
    for (const release of [clearTimeout, (timer: NodeJS.Timeout) => timer.unref()]) {
      let timer: NodeJS.Timeout | undefined;
      const key = accused(() => (timer = setTimeout(() => undefined, 60_000)));
      if (timer !== undefined) release(timer);
      expect(end(key)).toBe('own');
      clearTimeout(timer);
    }
  });

  it('it fired, also when its callback clears it', async () => {
    const plain = accused(() => setTimeout((...words: string[]) => events.emit('fired', ...words), 20, 'a', 'b'));
    expect(await once(events, 'fired')).toEqual(['a', 'b']);
    await turn();
    expect(end(plain)).toBe('nobody');

    const clearing = accused(() => {
      const timer = setTimeout(() => {
        clearTimeout(timer);
        events.emit('fired');
      }, 20);
    });
    await once(events, 'fired');
    await turn();
    expect(end(clearing)).toBe('nobody');
  });

  it.each(['a new timer', 'refresh'])('one that arms itself again, by %s, is the same one until it is cleared or runs out', async (way) => {
    for (const [isCleared, closer] of [
      [true, 'own'],
      [false, 'nobody'],
    ] as const) {
      let timer: NodeJS.Timeout | undefined;
      let rounds = 0;
      const key = accused(() => {
        const poll = (): void => {
          rounds += 1;
          if (rounds < 3 || isCleared) {
            if (way === 'refresh') timer?.refresh();
            else timer = setTimeout(poll, 5);
          }
          events.emit('polled', rounds);
        };
        timer = setTimeout(poll, 5);
      });
      while (rounds < 3) {
        await once(events, 'polled');
        if (rounds === 3) break;
        expect(probe.read()).toContain(key);
        expect(probe.stillOpen([key])).toEqual(new Set([key]));
      }
      if (isCleared) clearTimeout(timer);
      await turn();
      expect(end(key)).toBe(closer);
    }
  });

  it('what an interval arms, and a second timer of one callback, are timers of their own', async () => {
    const timers: NodeJS.Timeout[] = [];
    const arm = (): void => void timers.push(setTimeout(() => undefined, 60_000));
    const keys = new Set([
      accused(() => {
        const interval = setInterval(() => {
          arm();
          events.emit('armed');
        }, 5);
        timers.push(interval);
      }),
    ]);
    await once(events, 'armed');
    await once(events, 'armed');
    for (const timer of timers.splice(0, 1)) clearInterval(timer);
    keys.add(
      accused(() => {
        setTimeout(() => {
          arm();
          arm();
          events.emit('armed');
        }, 5);
      }),
    );
    await once(events, 'armed');
    const own = probe.describe([...probe.read()]).filter(({ stack }) => stack.some(({ file }) => file === import.meta.filename));
    expect(own).toHaveLength(timers.length);
    for (const timer of timers) clearTimeout(timer);
  });
});
