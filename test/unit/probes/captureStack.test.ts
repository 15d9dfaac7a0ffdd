import vm from 'node:vm';
import { afterEach, expect, it } from 'vitest';
import { captureStack, firstWithCaller, isCalledByProgram } from '../../../src/probes/captureStack.ts';

const limit = Error.stackTraceLimit;
const prepare = Error.prepareStackTrace;
afterEach(() => {
  Error.stackTraceLimit = limit;
  Error.prepareStackTrace = prepare;
});

function recorder(frames?: number): ReturnType<typeof captureStack> {
  return captureStack(recorder, frames);
}

it('begins at the caller of the given function', () => {
  function caller(): ReturnType<typeof captureStack> {
    return recorder();
  }
  expect(caller().frames()[0]).toMatchObject({ function: 'caller', file: import.meta.filename });
});

it('keeps as many frames as asked, whatever the program’s limit, which stays', () => {
  Error.stackTraceLimit = 1;
  expect(recorder(3).frames()).toHaveLength(3);
  expect(Error.stackTraceLimit).toBe(1);
});

it('formats late: only when it is read, and once', () => {
  const stack = recorder();
  let formatted = 0;
  Error.prepareStackTrace = (error, sites) => {
    formatted += 1;
    return prepare === undefined ? String(error) : (prepare(error, sites) as unknown);
  };
  expect(formatted).toBe(0);
  expect(stack.frames()).toBe(stack.frames());
  expect(formatted).toBe(1);
});

it('names only Playwright’s nearest frame of a call that Playwright made, and leaves the rest unmapped', () => {
  const run = vm.compileFunction('return capture();', ['capture'], { filename: '/suite/node_modules/playwright-core/lib/x.js' }) as (
    capture: () => ReturnType<typeof captureStack>,
  ) => ReturnType<typeof captureStack>;
  const byUser = vm.compileFunction('return run(capture);', ['run', 'capture'], { filename: '/suite/a.spec.ts' }) as (
    ...args: unknown[]
  ) => ReturnType<typeof captureStack>;
  let mapped = 0;
  Error.prepareStackTrace = (_error, sites) => {
    mapped += 1;
    return sites.map((site) => `    at ${site.getFileName() ?? ''}:1:1`).join('\n');
  };
  const installed = Error.prepareStackTrace;
  expect(run(nearest).frames()).toEqual([expect.objectContaining({ file: '/suite/node_modules/playwright-core/lib/x.js', line: 1 })]);
  expect(byUser(run, nearest).frames()).toHaveLength(1);
  expect(mapped).toBe(0);
  expect(run(() => byUser((capture: typeof nearest) => capture(), nearest)).frames().length).toBeGreaterThan(2);
  expect(mapped).toBe(1);
  expect(Error.prepareStackTrace).toBe(installed);
});

function nearest(): ReturnType<typeof captureStack> {
  return captureStack(nearest);
}

it('is empty when the program’s own formatter throws or returns something else', () => {
  Error.prepareStackTrace = (_error, sites) => sites;
  expect(recorder().frames()).toEqual([]);
  Error.prepareStackTrace = () => {
    throw new Error('mine');
  };
  expect(recorder().frames()).toEqual([]);
});

it('prefers the first stack in which the program appears', () => {
  const node = [{ file: 'node:net', line: 1, column: 1, function: null }];
  const mine = [{ file: '/suite/a.spec.ts', line: 1, column: 1, function: null }];
  expect(firstWithCaller(node, undefined, mine)).toBe(mine);
  expect(firstWithCaller(mine, node)).toBe(mine);
  expect(firstWithCaller(node, undefined)).toBe(node);
  expect(firstWithCaller(undefined)).toEqual([]);
  expect([isCalledByProgram(node), isCalledByProgram(mine), isCalledByProgram([])]).toEqual([false, true, false]);
});
