import { EventEmitter } from 'node:events';
import { test } from 'leak/fixtures';
import { retained } from './support/retained.ts';

class Cart {
  readonly items = ['apple', 'pear'];
}

test.describe('a tracked object in module scope', () => {
  test('leaky', ({ leak }) => {
    const cart = new Cart();
    leak.track('cart', cart); // leak: object
    retained.push(cart);
  });
  test('clean', ({ leak }) => {
    leak.track('cart', new Cart());
  });
});

test.describe('a tracked object that a listener holds', () => {
  const bus = new EventEmitter();

  test('leaky', ({ leak }) => {
    const cart = new Cart();
    leak.track('cart', cart); // leak: object
    bus.on('paid', () => cart.items.length);
  });
  test('clean', ({ leak }) => {
    const cart = new Cart();
    leak.track('cart', cart);
    const listener = (): number => cart.items.length;
    bus.on('refunded', listener);
    bus.off('refunded', listener);
  });
});
