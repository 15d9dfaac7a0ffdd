import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NAIVE } from '../mutation/naive.ts';

interface Results {
  readonly testResults: readonly { readonly assertionResults: readonly { readonly title: string; readonly status: string }[] }[];
}

const root = path.resolve(import.meta.dirname, '../..');
const rows: Record<string, string>[] = [];
let copy = '';

beforeAll(() => {
  copy = mkdtempSync(path.join(tmpdir(), 'leak-naive-'));
  for (const one of ['package.json', 'tsconfig.json', 'src/resilience', 'test/unit/resilience', 'test/mutation']) {
    mkdirSync(path.dirname(path.join(copy, one)), { recursive: true });
    cpSync(path.join(root, one), path.join(copy, one), { recursive: true });
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
});

afterAll(() => {
  rmSync(copy, { recursive: true, force: true });
  console.table(rows);
});

/** What the tests whose names begin so say, in the copy as it is now. */
function outcomesOf([file, name]: readonly [string, string]): string[] {
  const outputFile = path.join(copy, 'results.json');
  rmSync(outputFile, { force: true });
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const literal = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const options = ['--config', 'test/mutation/vitest.config.ts', '--reporter=json', `--outputFile=${outputFile}`, '-t', literal];
  spawnSync(process.execPath, [vitest, 'run', `test/unit/resilience/${file}`, ...options], { cwd: copy, stdio: 'ignore' });
  const { testResults } = JSON.parse(readFileSync(outputFile, 'utf8')) as Results;
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  return tests.filter(({ title }) => title.startsWith(name)).map(({ status }) => status);
}

it.each(NAIVE)('$of: a test objects to what $does', ({ of, does, file, edits, test }) => {
  const target = path.join(copy, 'src/resilience', file);
  const careful = readFileSync(target, 'utf8');
  let naive = careful;
  for (const [from, to] of edits) {
    expect(naive.split(from), `${from} in ${file}`).toHaveLength(2);
    naive = naive.replace(from, () => to);
  }
  writeFileSync(target, naive);
  try {
    const outcomes = outcomesOf(test);
    rows.push({ of, naive: does, 'test that objects': test[1], outcome: outcomes.join(' ') });
    expect(outcomes).toContain('failed');
  } finally {
    writeFileSync(target, careful);
  }
});

it('none of those tests objects to what is there', () => {
  for (const test of new Map(NAIVE.map((one) => [one.test.join(' '), one.test])).values()) {
    const outcomes = outcomesOf(test);
    expect(outcomes.length, test.join(' ')).toBeGreaterThan(0);
    expect(new Set(outcomes), test.join(' ')).toEqual(new Set(['passed']));
  }
});
