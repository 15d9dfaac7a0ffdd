import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { PageSession } from '../../../src/probes/pageSession.ts';

/** A page that answers when it is told to. */
class Session extends EventEmitter {
  answer: (value: unknown) => void = () => undefined;

  send(): Promise<unknown> {
    return new Promise((resolve) => (this.answer = resolve));
  }

  detach(): Promise<void> {
    return Promise.resolve();
  }
}

it('what a page sends before its answer is passed on', async () => {
  const session = new Session();
  const received: unknown[] = [];
  const answer = new PageSession({}, session).stream('take', {}, 'chunk', (chunk) => received.push(chunk), 60_000);
  session.emit('chunk', 'a');
  session.emit('chunk', 'b');
  session.answer('done');
  expect(await answer).toBe('done');
  expect(received).toEqual(['a', 'b']);
  expect(session.listenerCount('chunk')).toBe(0);
});

it('what a page sends when nobody waits for its answer any more reaches nobody: it would be written to a closed descriptor, or into somebody else’s', async () => {
  const session = new Session();
  const received: unknown[] = [];
  const page = new PageSession({}, session);
  expect(await page.stream('take', {}, 'chunk', (chunk) => received.push(chunk), 1)).toBeUndefined();
  session.emit('chunk', 'late');
  session.answer('late');
  expect(received).toEqual([]);
  expect(page.problem).toBe('it did not answer within 1 ms');
});
