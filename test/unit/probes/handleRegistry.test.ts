import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HandleRegistry } from '../../../src/probes/handleRegistry.ts';
import { OriginContext } from '../../../src/probes/originContext.ts';

let registry: HandleRegistry;
beforeEach(() => {
  registry = new HandleRegistry(new OriginContext());
  registry.start();
});
afterEach(() => {
  registry.stop();
});

/** Timers that the registry remembers after it has looked at all it knows. */
function remembered(): number {
  registry.forEachOpen(() => undefined);
  return registry.made(1, registry.newestId()).filter(({ type }) => type === 'Timeout').length;
}

describe('the registry of handles remembers', () => {
  // As undici does with the one timer behind all its time-outs, twice a second for as long as there are requests.
  it('one life of a timer that fires and is refreshed again and again, referenced or not', async () => {
    const before = remembered();
    for (const referenced of [false, true]) {
      const fired = new EventTarget();
      const timer = setTimeout(() => fired.dispatchEvent(new Event('fired')), 1);
      if (!referenced) timer.unref();
      for (let life = 0; life < 20; life += 1) {
        const over = once(fired, 'fired');
        timer.refresh();
        // Keeps the process alive, which an unreferenced timer does not.
        await Promise.all([over, delay(5)]);
      }
      timer.refresh();
      expect(remembered() - before).toBe(1);
      clearTimeout(timer);
      expect(remembered() - before).toBe(0);
    }
  });

  it('an unreferenced timer, for it may be referenced again, until it is cleared', () => {
    const before = remembered();
    const timer = setInterval(() => undefined, 50_000).unref();
    expect(remembered() - before).toBe(1);
    clearInterval(timer);
    expect(remembered() - before).toBe(0);
  });
});
