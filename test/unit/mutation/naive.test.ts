import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { NAIVE } from '../../mutation/naive.ts';

/** The bench makes these edits and sees the tests fail, which takes minutes; that there is still what they are about is cheap to say. */
it.each(NAIVE)('the naive implementation that $does is an edit of the source there is', ({ file, edits }) => {
  const source = readFileSync(path.resolve(import.meta.dirname, '../../../src/resilience', file), 'utf8');
  for (const [from] of edits) expect(source.split(from), `${from} in ${file}`).toHaveLength(2);
});
