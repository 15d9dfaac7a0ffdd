import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from './support/mergedTest.ts';

test.describe('a suite with merged fixtures', () => {
  test('leaky', ({ basket }) => {
    spawn('sleep', ['600'], { env: { ...process.env, BASKET: basket.join() } }); // leak: process
  });
  test('clean', async ({ basket }) => {
    await once(spawn('true', basket), 'close');
  });
});
