import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Scenario } from '../../src/core/scenario.ts';
import { createSuite, launchOptions, runPlaywright, type PlaywrightRun } from './runPlaywright.ts';

/** A page whose drawer leaks in three ways, and one that does not. What each round does stands in the page, so that it has lines. */
const DRAWER = `<!doctype html><title>drawer</title><div id="drawer"></div>
<script>
class Receipt { constructor() { this.lines = Array.from({ length: 500 }, (_, line) => ({ line })); } }
const drawer = document.getElementById('drawer');
const kept = { sections: [], receipts: [] };
function openAndClose() {
  const section = drawer.appendChild(document.createElement('section'));
  section.appendChild(document.createElement('p')).addEventListener('click', () => new Receipt());
  section.remove();
  return section;
}
function keepNodes() { kept.sections.push(openAndClose()); }
function keepListeners() { document.addEventListener('scroll', () => openAndClose()); }
function keepReceipts() { kept.receipts.push(new Receipt(), new Receipt()); }
async function showFrame() {
  const frame = document.createElement('iframe');
  frame.src = '/frame.html';
  await new Promise((resolve) => { frame.onload = resolve; drawer.append(frame); });
  frame.remove();
}
</script>`;

const ROUNDS = {
  clean: 'openAndClose',
  frames: 'showFrame',
  nodes: 'keepNodes',
  listeners: 'keepListeners',
  receipts: 'keepReceipts',
} as const;

const SPEC = `import fs from 'node:fs';
import { test } from 'leak/fixtures';
for (const [name, round] of Object.entries(${JSON.stringify(ROUNDS)})) {
  test(name, async ({ page, leak }) => {
    await page.route('**/*', (route) => route.fulfill({ contentType: 'text/html', body: fs.readFileSync('drawer.html', 'utf8') }));
    await page.goto('http://shop.test/drawer.html');
    await leak.measure(name, () => page.evaluate(round + '()'), { iterations: 60, warmUp: 20, extend: false });
  });
}
`;

/** What a suite has switched on, and Playwright keeps something for. */
const OBSERVED = `import { test } from 'leak/fixtures';
test.use({ trace: 'on' });
test('observed', async ({ page, leak }) => {
  const messages: string[] = [];
  page.on('console', (message) => { messages[0] = message.text(); });
  await page.setContent('<button onclick="console.log({ clicked: true })">Open</button>');
  await leak.measure('observed', () => page.click('button'), { iterations: 300, warmUp: 20 });
});
`;

let suite: string;
let run: PlaywrightRun;

beforeAll(async () => {
  suite = createSuite('stability-pages');
  const use = `use: { launchOptions: ${launchOptions()} }`;
  run = await runPlaywright({
    cwd: suite,
    files: {
      'package.json': '{"type":"module"}',
      'playwright.config.ts': `export default { testDir: '.', workers: 1, timeout: 120_000, ${use} };\n`,
      'drawer.html': DRAWER,
      'drawer.spec.ts': SPEC,
      'observed.spec.ts': OBSERVED,
    },
  });
});

afterAll(() => {
  fs.rmSync(suite, { recursive: true, force: true });
});

function scenario(name: keyof typeof ROUNDS | 'observed'): Scenario {
  const found = run.report?.scenarios.find((candidate) => candidate.name === name);
  expect(found, run.stdout + run.stderr).toBeDefined();
  return found as Scenario;
}

function leaking(name: keyof typeof ROUNDS): string[] {
  return scenario(name)
    .metrics.filter(({ verdict }) => verdict === 'leak')
    .map((metric) => metric.name);
}

describe('a stability scenario of a page', () => {
  it('whose worker is killed after a heap snapshot leaves none behind', async () => {
    const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'leak-killed-'));
    onTestFinished(() => fs.rmSync(scratch, { recursive: true }));
    const killed = `import fs from 'node:fs';
import os from 'node:os';
import { test } from 'leak/fixtures';
test('is killed', async ({ page, leak }) => {
  await leak.measure('receipts', async () => {
    await page.evaluate('(globalThis.receipts ??= []).push(Array.from({ length: 500 }, (_, line) => ({ line })))');
    if (fs.readdirSync(os.tmpdir(), { recursive: true }).some((name) => name.endsWith('before.heapsnapshot'))) process.kill(process.pid, 'SIGKILL');
  }, { iterations: 60, warmUp: 20, extend: false });
});
`;
    const { report, stdout } = await runPlaywright({
      cwd: suite,
      files: { 'killed.spec.ts': killed },
      args: ['--reporter=leak', 'killed'],
      env: { TMPDIR: scratch },
    });
    expect(
      report?.workers.map(({ ended }) => ended),
      stdout,
    ).toEqual(['died']);
    expect(fs.readdirSync(scratch, { recursive: true }).filter((name) => String(name).includes('leak-'))).toEqual([]);
  });

  it('that cleans up has no leaking metric and no finding', () => {
    expect(leaking('clean'), JSON.stringify(scenario('clean').reasons)).toEqual([]);
    expect(scenario('clean').findings).toEqual([]);
    const names = scenario('clean').metrics.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['drawer.html.domNodes', 'drawer.html.listeners', 'drawer.html.heapBytes', 'fds']));
  });

  it('that shows a frame and removes it is not charged with the requests that Playwright remembers', () => {
    expect(leaking('frames'), JSON.stringify(scenario('frames').reasons)).toEqual([]);
    expect(scenario('frames').findings).toEqual([]);
  });

  it('that is traced, and whose page logs to a listener, is charged with nothing that Playwright keeps for either', () => {
    const { verdict, reasons, findings } = scenario('observed');
    expect({ verdict, reasons, findings }).toEqual({ verdict: 'pass', reasons: [], findings: [] });
  });

  it('that keeps detached nodes leaks them, and says what keeps them', () => {
    expect(leaking('nodes')).toContain('drawer.html.domNodes');
    const [finding] = scenario('nodes').findings;
    expect(finding?.kind).toBe('heap');
    expect(JSON.stringify(finding?.evidence['classes'])).toContain('Detached <section>');
    expect(JSON.stringify(finding?.evidence['classes'])).toContain('sections of {sections, receipts}');
  });

  it('that keeps listeners leaks them', () => {
    expect(leaking('listeners')).toContain('drawer.html.listeners');
    expect(leaking('listeners')).not.toContain('drawer.html.domNodes');
    expect(scenario('listeners').findings[0]?.evidence['listeners']).toBeGreaterThanOrEqual(20);
  });

  it('that keeps plain objects leaks heap alone, and names the class and the function that made it', () => {
    expect(leaking('receipts')).toEqual(['drawer.html.heapBytes']);
    const [finding] = scenario('receipts').findings;
    expect(JSON.stringify(finding?.evidence['classes'])).toContain('receipts of {sections, receipts}');
    expect(finding?.stack.join('\n')).toContain('http://shop.test/drawer.html');
  });
});
