import fs from 'node:fs';
import { expect, it } from 'vitest';
import { createSuite, runPlaywright } from './runPlaywright.ts';

const SPEC = `import { test } from 'leak/fixtures';
let timer;
test.beforeAll(() => { timer = setInterval(() => {}, 60_000); });
test('a test', () => {});
`;
const CLOSES = `${SPEC}test.afterAll(() => clearInterval(timer));\n`;

/** The notes of the only worker of a suite that asks for the last word. */
async function notesOf(spec: string, env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const cwd = createSuite('why');
  try {
    const { report } = await runPlaywright({ cwd, files: { 'package.json': '{}', 'a.spec.ts': spec }, env });
    return report?.workers.flatMap(({ notes }) => notes ?? []) ?? ['no report'];
  } finally {
    fs.rmSync(cwd, { recursive: true, force: true });
  }
}

it('has why-is-node-running explain a worker that ends with handles, when it is asked to', async () => {
  expect((await notesOf(SPEC, { PLAYWRIGHT_LEAK_WHY: '1' })).join('\n')).toMatch(/keeping the process running[^]*# Timeout[^]*a\.spec\.ts/);
});

it('does not explain a worker that ends clean, nor one that nobody asked about', async () => {
  expect(await notesOf(CLOSES, { PLAYWRIGHT_LEAK_WHY: '1' })).toEqual([]);
  expect(await notesOf(SPEC, {})).toEqual([]);
});
