import { describe, expect, it } from 'vitest';
import { encodeSoakPlan, parseSoakPlan, type SoakPlan } from '../../../src/core/soakPlan.ts';

const PLAN: SoakPlan = { iterations: 1000, concurrency: 1, errorRate: 0, seed: 1, directory: '/work/leak-report/soak', resume: false };
const WHOLE: SoakPlan = {
  ...{ id: 'monday', durationMs: 259_200_000, concurrency: 100, errorRate: 0.05, seed: 0xffff_ffff, sampleEveryMs: 300_000 },
  ...{ fdLimit: 100, memoryLimitBytes: 536_870_912, directory: 'C:\\work\\soak', resume: true },
};

describe('a soak plan', () => {
  it.each([PLAN, WHOLE])('comes out of the environment as it went in: %j', (plan) => {
    expect(parseSoakPlan(encodeSoakPlan(plan))).toEqual(plan);
  });

  it('is none where the variable is unset or empty', () => {
    expect([parseSoakPlan(undefined), parseSoakPlan('')]).toEqual([null, null]);
  });

  it('leaves the number of iterations to the scenario', () => {
    const { iterations: _, ...open } = PLAN;
    expect(parseSoakPlan(encodeSoakPlan(open))).toEqual(open);
  });

  it.each([
    ['{"iterations":', TypeError, 'expected a plan as JSON, got "{\\"iterations\\":"'],
    ['[]', TypeError, 'PLAYWRIGHT_LEAK_SOAK: expected an object with iterations'],
    [JSON.stringify({ ...PLAN, speed: 2 }), TypeError, 'PLAYWRIGHT_LEAK_SOAK.speed: no such option'],
    [JSON.stringify({ ...PLAN, durationMs: 5 }), TypeError, 'expected iterations or durationMs, got both'],
    [JSON.stringify({ ...PLAN, iterations: 0 }), RangeError, '.iterations: expected a whole number of at least 1 (iterations), got 0'],
    [JSON.stringify({ ...PLAN, iterations: '5' }), TypeError, '.iterations: expected a whole number (iterations), got "5"'],
    [JSON.stringify({ ...PLAN, concurrency: 1.5 }), RangeError, '.concurrency: expected a whole number'],
    [JSON.stringify({ ...PLAN, concurrency: undefined }), TypeError, '.concurrency: expected a whole number'],
    [JSON.stringify({ ...PLAN, errorRate: 1.01 }), RangeError, '.errorRate: expected 0 to 1'],
    [JSON.stringify({ ...PLAN, seed: 2 ** 32 }), RangeError, '.seed: expected at most 4294967295'],
    [JSON.stringify({ ...PLAN, seed: -1 }), RangeError, '.seed: expected a whole number of at least 0'],
    [JSON.stringify({ ...PLAN, fdLimit: 0 }), RangeError, '.fdLimit: expected a whole number of at least 1'],
    [JSON.stringify({ ...PLAN, directory: 'soak' }), TypeError, '.directory: expected an absolute path, got "soak"'],
    [JSON.stringify({ ...PLAN, id: 7 }), TypeError, '.id: expected a text, got 7'],
    [JSON.stringify({ ...PLAN, resume: 'yes' }), TypeError, '.resume: expected true or false, got "yes"'],
  ])('refuses %s', (text, kind, sentence) => {
    expect(() => parseSoakPlan(text)).toThrow(kind);
    expect(() => parseSoakPlan(text)).toThrow(sentence);
  });
});
