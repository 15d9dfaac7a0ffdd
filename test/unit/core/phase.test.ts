import { describe, expect, it } from 'vitest';
import { phaseOf } from '../../../src/core/phase.ts';
import { parseStack } from '../../../src/core/stack.ts';

const worker = '/suite/node_modules/playwright/lib/worker/workerProcessEntry.js';
const user = '    at helper (/suite/a.spec.ts:3:72)';
const phase = (...lines: string[]) => phaseOf(parseStack([user, ...lines.map((line) => `    at ${line}`)].join('\n')));

describe('phaseOf', () => {
  it('knows a test body, before and after it has awaited', () => {
    expect(phase(`${worker}:1646:15`, `TestInfoImpl._runWithTimeout (${worker}:1133:34)`, `WorkerMain._runTest (${worker}:1617:5)`)).toBe(
      'test',
    );
  });

  it('knows a beforeAll hook', () => {
    expect(phase(`WorkerMain._runAllHooksForSuite (${worker}:1761:9)`, `WorkerMain._runTest (${worker}:1617:5)`)).toBe('hook');
  });

  it('knows a fixture that has not awaited yet', () => {
    expect(phase(`${worker}:190:33`, `Fixture._setupInternal (${worker}:200:7)`, `WorkerMain._runTest (${worker}:1617:5)`)).toBe('fixture');
  });

  it('knows a fixture that has awaited, whose stack no longer reaches the test', () => {
    expect(phase(`${worker}:190:9`)).toBe('fixture');
  });

  it('does not guess where the stack does not reach Playwright or names nothing it knows', () => {
    expect(phase()).toBe('unknown');
    expect(phase(`Something.else (${worker}:1:1)`)).toBe('unknown');
  });
});
