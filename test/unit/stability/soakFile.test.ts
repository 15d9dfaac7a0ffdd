import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { SoakFile } from '../../../src/stability/soakFile.ts';
import { listJournals } from '../../../src/stability/soakFolder.ts';
import { temporaryFolder } from '../temporaryFolder.ts';

const HEADER = `${JSON.stringify({
  ...{ type: 'header', version: 1, name: 'Schublade 引き出し', testId: 'a', file: 'a', seed: 1, startedAt: '' },
  plan: { concurrency: 1, errorRate: 0, seed: 1, directory: '/soak', resume: false },
})}\n`;
const sample = (iteration: number): string =>
  `${JSON.stringify({ type: 'sample', segment: 0, iteration, elapsedMs: 0, reading: { fds: iteration } })}\n`;

let place = '';
beforeEach(() => {
  place = path.join(temporaryFolder(), 'drawer.jsonl');
});

describe('a journal on disk', () => {
  it('is read as it grows, only what is new, even from the middle of a letter on', () => {
    const file = new SoakFile(place);
    expect(file.read()).toBe(false);
    const bytes = Buffer.from(HEADER);
    const middle = bytes.indexOf(Buffer.from('引')) + 1;
    writeFileSync(place, bytes.subarray(0, middle));
    expect([file.read(), file.endsInLine, file.history.header]).toEqual([true, false, undefined]);
    appendFileSync(place, bytes.subarray(middle));
    expect([file.read(), file.endsInLine, file.history.header?.name]).toEqual([true, true, 'Schublade 引き出し']);
    expect(file.read()).toBe(false);
    appendFileSync(place, sample(3));
    expect([file.read(), file.history.series.last]).toEqual([true, { iteration: 3, fds: 3 }]);
    expect(file.history.damaged).toBe(0);
  });

  it('is read anew when it was replaced or cut', () => {
    writeFileSync(place, HEADER + sample(3));
    const file = new SoakFile(place);
    file.read();
    writeFileSync(`${place}.new`, HEADER + sample(4) + sample(5));
    renameSync(`${place}.new`, place);
    expect([file.read(), file.history.series.points.map(({ iteration }) => iteration)]).toEqual([true, [4, 5]]);
    truncateSync(place, HEADER.length);
    expect([file.read(), file.history.series.last]).toEqual([true, undefined]);
  });

  it('is found in its folder, and what is none is not', () => {
    for (const name of ['drawer.jsonl', 'drawer.jsonl.previous', 'owner']) writeFileSync(path.join(path.dirname(place), name), '');
    expect(listJournals(path.dirname(place))).toEqual([place]);
    expect(listJournals(path.join(path.dirname(place), 'nowhere'))).toEqual([]);
  });
});
