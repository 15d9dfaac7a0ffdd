import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSuite, runPlaywright } from './runPlaywright.ts';

const SPEC = `
import { test, expect } from 'leak/fixtures';
import fs from 'node:fs';
test('leaks', () => { fs.openSync(__filename); });
test('is clean', () => {});
test('drifts', async ({ leak }) => { await leak.measure('drawer', async () => { fs.openSync(__filename); }, { iterations: 60 }); });
test('is steady', async ({ leak }) => {
  await leak.measure('drawer', async () => { fs.closeSync(fs.openSync(__filename)); }, { iterations: 60 });
});
`;

interface JsonResult {
  readonly annotations: readonly { readonly type: string; readonly description?: string }[];
  readonly attachments: readonly { readonly name: string; readonly contentType: string; readonly body?: string; readonly path?: string }[];
}

let suite = '';
const results = new Map<string, JsonResult>();

beforeAll(async () => {
  suite = createSuite('playwright-report');
  const { stdout } = await runPlaywright({
    cwd: suite,
    args: ['--reporter=json,leak'],
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: path.join(suite, 'results.json') },
    files: { 'a.spec.ts': SPEC, 'playwright.config.ts': 'export default { workers: 1, timeout: 200_000 };', 'package.json': '{}' },
  });
  const written = path.join(suite, 'results.json');
  expect(fs.existsSync(written), stdout).toBe(true);
  const report = JSON.parse(fs.readFileSync(written, 'utf8')) as {
    suites: { specs: { title: string; tests: { results: JsonResult[] }[] }[] }[];
  };
  for (const { title, tests } of report.suites.flatMap(({ specs }) => specs)) {
    const [result] = tests.flatMap((test) => test.results);
    if (result !== undefined) results.set(title, result);
  }
});

afterAll(() => {
  fs.rmSync(suite, { recursive: true, force: true });
});

/** What people see: names that begin with `_` are hidden in Playwright's reports. */
function shown(title: string): readonly string[] {
  const annotations = results.get(title)?.annotations ?? [];
  return annotations.filter(({ type }) => !type.startsWith('_')).map(({ type, description }) => `${type}: ${description ?? ''}`);
}

describe("in Playwright's own reports", () => {
  it('a leaking test is marked with what it left open and the line that opened it', () => {
    const [mark = '', ...more] = shown('leaks');
    expect(mark).toMatch(/^leak: when the test ended: fd · .*a\.spec\.ts is still open, opened at a\.spec\.ts:4:26$/);
    expect(more).toEqual([]);
    expect(results.get('leaks')?.attachments).toEqual([]);
  });

  it('a leaking scenario is marked, and its chart is attached as an image', () => {
    expect(shown('drifts').join('\n')).toMatch(/^leak: scenario drawer leaks: .* per iteration$/m);
    const [chart, ...more] = results.get('drifts')?.attachments ?? [];
    expect(more).toEqual([]);
    expect(chart).toMatchObject({ name: 'stability: drawer', contentType: 'image/svg+xml' });
    const svg = Buffer.from(chart?.body ?? '', 'base64').toString();
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain('<g class="leak"');
  });

  it.each(['is clean', 'is steady'])('nothing is added to the test that %s', (title) => {
    expect(results.get(title)).toMatchObject({ attachments: [] });
    expect(shown(title)).toEqual([]);
  });
});
