import { test } from 'leak/fixtures';

test.describe('a signal listener', () => {
  test('leaky', () => {
    process.on('SIGUSR2', () => {}); // leak: handle
  });
  test('clean', () => {
    const listener = (): void => {};
    process.on('SIGUSR2', listener);
    process.off('SIGUSR2', listener);
  });
});

test.describe('a listener for one signal', () => {
  test('leaky', () => {
    process.once('SIGWINCH', () => {}); // leak: handle
  });
  test('clean', () => {
    process.once('SIGURG', () => {});
    process.emit('SIGURG');
  });
});
