import { describe, expect, it } from 'vitest';
import { parseStack } from '../../../src/core/stack.ts';
import { loadedIn, standingOf } from '../../../src/detector/standing.ts';
import { resource } from './fakeProbe.ts';

/** As Node 24 prints them, the nearest frame first. */
const SCRIPT = ['at file:///app/script.mjs:9:1', 'at ModuleJob.run (node:internal/modules/esm/module_job:561:25)'];
const BOTTOM = ['at async node:internal/modules/esm/loader:647:26', 'at async asyncRun (node:internal/modules/run_main:101:5)'];
const REQUIRE = ['at Module._compile (node:internal/modules/cjs/loader:1929:14)', 'at require (node:internal/modules/helpers:157:16)'];
const TIMER = 'at setInterval (node:timers:193:19)';

const stackOf = (...lines: string[]) => parseStack(lines.join('\n'));
const running = new Set(loadedIn(stackOf('at start (/app/setup.mjs:3:5)', ...SCRIPT, ...BOTTOM)));
const judged = (...lines: string[]) => standingOf(resource('handle:1', 1, { stack: stackOf(...lines) }), running);

describe('what is opened while modules are being loaded', () => {
  it('counts when the module was being loaded already as the watch began: a script', () => {
    expect(judged(TIMER, ...SCRIPT, ...BOTTOM)).toBe('counts');
    expect(judged(TIMER, 'at open (/app/files.mjs:3:5)', ...SCRIPT, ...BOTTOM)).toBe('counts');
    // Where the stack is cut off.
    expect(judged(TIMER, ...SCRIPT)).toBe('counts');
  });

  it('is kept with its module when the loading began later, from the script or from anywhere else', () => {
    expect(judged(TIMER, 'at Object.<anonymous> (/app/pool.cjs:1:1)', ...REQUIRE, ...SCRIPT, ...BOTTOM)).toBe('shared');
    expect(judged(TIMER, 'at Object.<anonymous> (/app/pool.cjs:1:1)', ...REQUIRE, 'at main (file:///app/script.mjs:20:3)')).toBe('shared');
    expect(judged(TIMER, 'at file:///app/pool.mjs:1:1', ...SCRIPT.slice(1), 'at async main (file:///app/script.mjs:20:3)')).toBe('shared');
  });

  it('is kept when the loader itself opened it', () => {
    expect(judged('at readFileSync (node:fs:440:20)', ...REQUIRE, ...SCRIPT, ...BOTTOM)).toBe('shared');
    expect(judged(...REQUIRE, ...SCRIPT, ...BOTTOM)).toBe('shared');
  });
});
