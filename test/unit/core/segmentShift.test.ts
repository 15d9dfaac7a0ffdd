import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SegmentShift } from '../../../src/core/segmentShift.ts';

describe('the shift of a segment', () => {
  it('lays the first reading on the level before, and the others as far from it as they were', () => {
    const shift = new SegmentShift({ fds: 30, heapBytes: 500 });
    expect(shift.join({ fds: 21, heapBytes: 900 })).toEqual({ fds: 30, heapBytes: 500 });
    expect(shift.join({ fds: 24, heapBytes: 800 })).toEqual({ fds: 33, heapBytes: 400 });
  });

  it('is none in the first process, for a metric that is new, and for a duration', () => {
    expect(new SegmentShift({}).join({ fds: 21 })).toEqual({ fds: 21 });
    expect(new SegmentShift({ fds: 30, p95Ms: 9 }).join({ pages: 2, p95Ms: 4 })).toEqual({ pages: 2, p95Ms: 4 });
  });

  it('waits for the first reading of each metric that succeeds', () => {
    const shift = new SegmentShift({ fds: 30 });
    expect(shift.join({ fds: null })).toEqual({ fds: null });
    expect(shift.join({ fds: 20 })).toEqual({ fds: 30 });
    expect(shift.join({ fds: 22 })).toEqual({ fds: 32 });
  });

  it('gives back what was read, whatever was read', () => {
    const reading = fc.dictionary(fc.constantFrom('fds', 'heapBytes', 'shop.domNodes', 'p95Ms'), fc.option(fc.integer(), { nil: null }));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), fc.array(reading), (levels, readings) => {
        const shift = new SegmentShift(levels);
        for (const each of readings) expect(shift.part(shift.join(each))).toEqual(each);
      }),
    );
  });
});
