import { describe, expect, it } from 'vitest';
import { planRun, type StabilityOptions } from '../../../src/stability/runPlan.ts';
import { Schedule } from '../../../src/stability/schedule.ts';

/** Iterations at which the run is sampled, and those of them at which it is judged. */
function course(options: StabilityOptions, extensions = 0): { samples: number[]; looks: number[]; end: number } {
  const schedule = new Schedule(planRun(options), { iteration: 0, elapsedMs: 0 });
  const samples: number[] = [];
  const looks: number[] = [];
  let left = extensions;
  for (let iteration = 0; ; iteration += 1) {
    const progress = { iteration, elapsedMs: 0 };
    if (!schedule.isDue(progress)) continue;
    schedule.sampled(progress);
    samples.push(iteration);
    if (schedule.isOver(progress) && (left-- === 0 || !schedule.extend())) return { samples, looks, end: iteration };
    if (schedule.isLook(progress)) looks.push(iteration);
  }
}

describe('a schedule', () => {
  it('samples a thousand iterations fifty times, evenly, and looks at half and three quarters', () => {
    const { samples, looks, end } = course({ iterations: 1000 });
    expect(samples).toHaveLength(50);
    expect(samples.slice(0, 3)).toEqual([20, 40, 60]);
    expect(looks).toEqual([500, 760]);
    expect(end).toBe(1000);
  });

  it('samples a short run at every iteration', () => {
    expect(course({ iterations: 20 }).samples).toHaveLength(20);
  });

  it('ends at the exact number when it is no multiple of the block', () => {
    expect(course({ iterations: 1013 }).end).toBe(1013);
  });

  it('extends by half, at most to twice the length', () => {
    expect(course({ iterations: 1000 }, 1).end).toBe(1500);
    expect(course({ iterations: 1000 }, 9).end).toBe(2000);
  });

  it('samples a run by time by time, and ends it on time', () => {
    const plan = { ...planRun(undefined), iterations: null, durationMs: 60_000 };
    const schedule = new Schedule(plan, { iteration: 0, elapsedMs: 0 });
    expect(schedule.isDue({ iteration: 1e6, elapsedMs: 299 })).toBe(false);
    expect(schedule.isDue({ iteration: 1e6, elapsedMs: 300 })).toBe(true);
    schedule.sampled({ iteration: 1e6, elapsedMs: 350 });
    expect(schedule.isDue({ iteration: 2e6, elapsedMs: 649 })).toBe(false);
    expect(schedule.isOver({ iteration: 2e6, elapsedMs: 59_999 })).toBe(false);
    expect(schedule.isOver({ iteration: 2e6, elapsedMs: 60_000 })).toBe(true);
    expect(schedule.extend()).toBe(false);
  });

  it('goes on where a resumed run was', () => {
    const schedule = new Schedule(planRun({ iterations: 1000 }), { iteration: 990, elapsedMs: 5 });
    expect(schedule.isDue({ iteration: 999, elapsedMs: 6 })).toBe(false);
    expect(schedule.isOver({ iteration: 1000, elapsedMs: 6 })).toBe(true);
  });
});
