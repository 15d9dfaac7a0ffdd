import axe from 'axe-core';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type LaunchOptions, type Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LeakReport } from '../../src/core/report.ts';
import { readPageCode } from '../../src/assets/pageCode.ts';
import { renderHtml } from '../../src/render/html.ts';
import { finding, largeReport, report, scenario, test } from '../unit/render/sampleReports.ts';
import { launchOptions } from './runPlaywright.ts';

const SOURCE = Array.from({ length: 120 }, (_, index) => `  const fd = fs.openSync(name, 'r'); // line ${index + 1}`);
const EVIL = `\u001b[31m<script>window.pwned = 1</script><img src=x onerror="window.pwned = 1">"'</title></style>\u202eRTL ${'x'.repeat(10_000)}`;

const LEAKY = report(
  [
    test(0, { findings: [finding(0)] }),
    test(1),
    test(2, { project: 'firefox', findings: [finding(0), finding(2, { status: 'known' })], workerIndex: 1 }),
    test(3, { verdict: 'inconclusive', notes: ['It ended before it could be checked.'], workerIndex: 1, counts: null }),
  ],
  { scenarios: [scenario(), scenario({ name: 'checkout', verdict: 'pass', failed: false, findings: [], reasons: [] })] },
);

let browser: Browser;
let folder = '';
let open: Page | undefined;
const complaints: string[] = [];

beforeAll(async () => {
  browser = await chromium.launch(JSON.parse(launchOptions()) as LaunchOptions);
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'leak-html-'));
});
afterEach(async () => {
  await open?.close();
  open = undefined;
  complaints.length = 0;
});
afterAll(async () => {
  await browser.close();
  fs.rmSync(folder, { recursive: true });
});

/** Opens a report from disk, and notes every request, error and complaint of the browser. */
async function show(content: LeakReport, more: { colorScheme?: 'light' | 'dark'; hash?: string; javaScriptEnabled?: boolean } = {}) {
  const { hash = '', ...context } = more;
  const file = path.join(folder, 'index.html');
  fs.writeFileSync(file, renderHtml(content, { code: readPageCode(), source: () => SOURCE }));
  const page = await browser.newPage({ ...context, viewport: { width: 1200, height: 900 } });
  open = page;
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (request.url().split('#')[0] !== pathToFileURL(file).href) complaints.push(`requested ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href + hash);
  return page;
}

/** Rules of WCAG 2.2 A and AA and good practice that the page breaks. */
async function axeViolations(page: Page): Promise<string[]> {
  // What is out of sight is not rendered, and axe would not look at it.
  await page.evaluate(() => document.styleSheets[0]?.insertRule('* { content-visibility: visible !important }'));
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`);
}

describe('the page of a leaky run', () => {
  it('puts verdict and reasons first, then findings by fingerprint with frame, hint, stack, evidence and tests', async () => {
    const page = await show(LEAKY);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('Gate failed');
    expect(await page.locator('header .reasons').textContent()).toBe('2 new leaks');
    const [first, second] = await page.locator('details.finding').all();
    expect(await page.locator('#findings details.finding').count()).toBe(2);
    const text = (await first?.innerText()) ?? '';
    for (const part of ['new', 'fd', '/tmp/orders.csv is still open', '2 tests', 'opened at area-0/orders.spec.ts:30:17', '// line 30']) {
      expect(text).toContain(part);
    }
    for (const part of ['close it in a finally block', 'customer 0', 'customer 2', 'firefox', 'at exportOrders0', 'openedIn']) {
      expect(text).toContain(part);
    }
    expect(await first?.locator('code.is-origin').textContent()).toContain('// line 30');
    expect(await second?.innerText()).toContain('known');
    expect(complaints).toEqual([]);
  });

  it('draws the courses of each worker over its tests, and says which detectors did not run', async () => {
    const page = await show(LEAKY);
    const worker = page.getByRole('article', { name: 'worker 0' });
    expect(await worker.getByRole('img').evaluateAll((charts) => charts.map((chart) => chart.getAttribute('aria-label')))).toEqual([
      'file descriptors: 24 → 24',
      'processes: 6 → 6',
      'handles: 9 → 9',
      'heap: 44.0 MB → 44.0 MB',
    ]);
    expect(await worker.getByRole('row').count()).toBe(3);
    expect(await page.locator('#detectors li').first().innerText()).toMatch(/did not run\s+page heap\s+firefox: no CDP/);
  });

  it('shows scenarios with series, interval, shape and verdict', async () => {
    const page = await show(LEAKY);
    const drawer = page.getByRole('article', { name: 'Scenario drawer' });
    // What is out of sight is rendered once it comes near.
    await drawer.scrollIntoViewIfNeeded();
    await expect.poll(async () => drawer.innerText()).toContain('leak');
    const text = await drawer.innerText();
    for (const part of ['leak', 'linear', '1000 iterations', 'fds grew by 1 every 100', '-80 B … +104 B', '130 B', 'errorRate', 'p95']) {
      expect(text).toContain(part);
    }
    expect(await drawer.getByRole('img', { name: 'file descriptors: 24 → 33' }).count()).toBe(1);
    const checkout = page.getByRole('article', { name: 'Scenario checkout' });
    await checkout.scrollIntoViewIfNeeded();
    await expect.poll(async () => checkout.innerText()).toMatch(/^pass/);
  });

  it('searches, and filters by kind, status, project and file', async () => {
    const page = await show(LEAKY);
    const shown = async () => page.locator('#findings details.finding h3').allTextContents();
    const both = ['/tmp/orders.csv is still open', 'server 127.0.0.1:34197 is still open'];
    const fill = async (text: string) => page.getByRole('searchbox').fill(text);
    await fill('SERVER 34197');
    await expect.poll(shown).toEqual(both.slice(1));
    await fill('customer 2');
    await expect.poll(shown).toEqual(both);
    await fill('nothing like it');
    await expect.poll(async () => page.locator('#findings .empty').textContent()).toBe('No finding passes this filter.');
    await page.getByRole('button', { name: 'Clear' }).click();
    await expect.poll(shown).toEqual(both);
    await page.getByLabel('Kind').selectOption('handle');
    await expect.poll(shown).toEqual(both.slice(1));
    await page.getByLabel('Kind').selectOption('');
    await page.getByLabel('Project').selectOption('chromium');
    await expect.poll(shown).toEqual(both.slice(0, 1));
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByLabel('File', { exact: true }).selectOption('area-2/orders.spec.ts');
    await expect.poll(async () => page.locator('#tests [role=row]:not(.is-head)').count()).toBe(1);
    await page.getByRole('button', { name: /inconclusive/ }).click();
    await expect.poll(async () => page.locator('#tests [role=row]:not(.is-head)').allInnerTexts()).toHaveLength(1);
  });

  it('can be used with the keyboard alone', async () => {
    const page = await show(LEAKY);
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('search');
    await page.keyboard.type('server');
    await expect.poll(async () => page.locator('#findings details.finding').count()).toBe(1);
    await page.keyboard.press('Escape');
    const summary = page.locator('#findings details.finding summary').first();
    await summary.focus();
    await page.keyboard.press('Enter');
    await expect.poll(async () => page.locator('#findings details.finding').first().getAttribute('open')).toBeNull();
  });

  it.each(['light', 'dark'] as const)('has nothing for axe to object to, in %s', async (colorScheme) => {
    expect(await axeViolations(await show(LEAKY, { colorScheme }))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('shows verdict and findings as plain text where scripts may not run', async () => {
    const page = await show(LEAKY, { javaScriptEnabled: false });
    const text = await page.locator('main').innerText();
    expect(text).toContain('Gate failed');
    expect(text).toContain('new · fd · /tmp/orders.csv is still open · area-0/orders.spec.ts:30:17');
  });
});

describe('a link to a finding', () => {
  it('opens it and brings it into sight, however many there are before it', async () => {
    const large = largeReport(3000, 1000);
    const id = large.tests.flatMap(({ findings }) => findings).at(-1)?.fingerprint ?? '';
    const page = await show(large, { hash: `#finding-${id}` });
    const card = page.locator(`[id="finding-${id}"]`);
    await expect.poll(async () => card.getAttribute('open')).not.toBeNull();
    await expect.poll(async () => card.evaluate((element) => Math.abs(element.getBoundingClientRect().top) < innerHeight)).toBe(true);
  });

  it('says so when the report has no such finding', async () => {
    const page = await show(LEAKY, { hash: '#finding-gone%' });
    expect(await page.locator('#findings .empty').count()).toBe(0);
    await page.evaluate(() => {
      location.hash = '#finding-gone';
    });
    await expect.poll(async () => page.locator('#findings .empty').textContent()).toContain('no finding gone');
  });
});

describe('the page of an empty or a clean run', () => {
  it('says that nothing was found, without a fault', async () => {
    const page = await show(report([]));
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('Gate passed');
    expect(await page.locator('#findings').innerText()).toContain('Nothing was left open.');
    expect(await axeViolations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

describe('hostile texts', () => {
  it('stay texts: no script, no markup, no change of direction, no page wider than the window', async () => {
    const own = finding(0, { summary: EVIL, hint: EVIL, fingerprint: EVIL, stack: [EVIL], evidence: { [EVIL]: [EVIL] } });
    const hostile = report(
      [
        test(0, {
          title: EVIL,
          titlePath: [EVIL, EVIL],
          file: EVIL,
          project: EVIL,
          notes: [EVIL],
          findings: [{ ...own, origin: null }, own],
        }),
      ],
      { notes: [EVIL], scenarios: [scenario({ name: EVIL, reasons: [EVIL] })] },
    );
    const page = await show({ ...hostile, gate: { failed: true, reasons: [EVIL], failOn: 'leak' } });
    expect(await page.evaluate(() => 'pwned' in globalThis)).toBe(false);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    const text = await page.locator('body').innerText();
    expect(text).not.toMatch(/[\u0000-\u0008\u001b\u202a-\u202e]/);
    expect(text).toContain('\\x1b[31m<script>window.pwned = 1</script>');
    expect(await axeViolations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('cannot run what a policy would let pass: nothing is evaluated, loaded or sent', async () => {
    const page = await show(LEAKY);
    const refused = await page.evaluate(async () => {
      const script = document.createElement('script');
      let blocked = false;
      try {
        script.textContent = 'window.pwned = 1';
        document.body.append(script);
      } catch {
        blocked = true;
      }
      const sent = await fetch('data:text/plain,x').then(
        () => true,
        () => false,
      );
      return { ran: 'pwned' in globalThis, blocked, sent };
    });
    expect(refused).toMatchObject({ ran: false, sent: false });
  });
});
