import fs from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createSuite, runPlaywright } from './runPlaywright.ts';

const suites: string[] = [];

afterAll(() => {
  for (const suite of suites) fs.rmSync(suite, { recursive: true, force: true });
});

const SPEC = `import fs from 'node:fs';
import timersPromises from 'node:timers/promises';
import { test } from 'leak/fixtures';

function install() {
  const never = () => new Promise(() => {});
  Object.assign(timersPromises, { setTimeout: never, setImmediate: never });
  const timer = () => ({ ref() {}, unref() {}, hasRef: () => true, refresh() {} });
  const fakes = { performance: { now: () => 0, timeOrigin: 0 }, setTimeout: timer, setImmediate: timer, setInterval: timer };
  for (const [name, value] of Object.entries(fakes)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

test('fakes', () => {
  install();
  fs.openSync('/dev/null', 'r');
});
test('clean after it', () => {});
test('leaky after it', () => {
  fs.openSync('/dev/zero', 'r');
});
`;

describe('a test that puts fakes in the place of time and timers, and leaves them there', () => {
  for (const [modules, manifest] of [
    ['ES modules', '{"type":"module"}'],
    ['CommonJS', '{}'],
  ] as const) {
    it(`is judged, and so are those after it: ${modules}`, async () => {
      const cwd = createSuite('fakeTimers');
      suites.push(cwd);
      const config = `import { defineConfig } from '@playwright/test';\nexport default defineConfig({ testDir: '.' });\n`;
      const files = { 'package.json': manifest, 'playwright.config.ts': config, 'a.spec.ts': SPEC };
      const { report, exitCode, stdout } = await runPlaywright({ cwd, files });
      const told = report?.tests.map(({ title, findings }) => [
        title,
        ...findings.map(({ kind, origin }) => `${kind} ${String(origin?.line)}`),
      ]);
      expect(told, stdout).toEqual([['fakes', 'fd 15'], ['clean after it'], ['leaky after it', 'fd 19']]);
      expect(exitCode).toBe(1);
    });
  }
});
