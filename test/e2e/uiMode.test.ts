import { chromium, expect as expectPage, type Browser } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import type { LeakReport } from '../../src/core/report.ts';
import { createSuite, inheritedEnvironment, installInto, launchOptions } from './runPlaywright.ts';

const cli = path.resolve(import.meta.dirname, '../../node_modules/@playwright/test/cli.js');

const SPEC = `import fs from 'node:fs';
import { test, expect } from 'leak/fixtures';
test('clean', async ({ page }) => { await page.setContent('<h1>Shop</h1>'); await expect(page.locator('h1')).toHaveText('Shop'); });
test('leaky', () => { fs.openSync('package.json'); });
`;

const suite = createSuite('ui-mode');
afterAll(() => {
  fs.rmSync(suite, { recursive: true, force: true });
});

/** Starts UI mode and resolves with where it is served. */
async function serveUi(): Promise<string> {
  const server: ChildProcess = spawn(process.execPath, [cli, 'test', '--ui-host=127.0.0.1', '--ui-port=0'], {
    cwd: suite,
    env: inheritedEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    await ended;
  });
  let output = '';
  for await (const chunk of server.stdout ?? []) {
    output += String(chunk);
    const [address] = /http:\/\/\S+/.exec(output) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error(`UI mode ended: ${output}`);
}

async function launch(): Promise<Browser> {
  const browser = await chromium.launch(JSON.parse(launchOptions()) as object);
  onTestFinished(() => browser.close());
  return browser;
}

it('UI mode runs a suite again and again, and every run comes to its end and its report', async () => {
  installInto(suite);
  const use = `use: { launchOptions: ${launchOptions()} }`;
  fs.writeFileSync(path.join(suite, 'package.json'), '{"type":"module"}');
  fs.writeFileSync(path.join(suite, 'playwright.config.ts'), `export default { testDir: '.', reporter: [['leak']], ${use} };\n`);
  fs.writeFileSync(path.join(suite, 'a.spec.ts'), SPEC);
  const file = path.join(suite, 'leak-report/report.json');
  const page = await (await launch()).newPage();
  await page.goto(await serveUi());
  for (let run = 0; run < 2; run += 1) {
    fs.rmSync(file, { force: true });
    await page.getByTitle('Run all').click();
    await expect.poll(() => fs.existsSync(file), { timeout: 60_000 }).toBe(true);
    await expectPage(page.getByTestId('status-line')).toHaveText('2/2 (100%) — 2 passed');
    const report = JSON.parse(fs.readFileSync(file, 'utf8')) as LeakReport;
    expect(report.tests.map(({ title, verdict }) => `${title} ${verdict}`).sort()).toEqual(['clean pass', 'leaky leak']);
  }
});
