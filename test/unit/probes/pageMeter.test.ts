import { chromium, type Browser, type Page } from '@playwright/test';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PageMeter, type PageMeterOptions } from '../../../src/probes/pageMeter.ts';
import { temporaryFolder } from '../temporaryFolder.ts';

const LAUNCH = {
  executablePath: process.env['LEAK_CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
};

/** A page that can leak nodes, listeners and plain objects (1.6 kB, so that samples see them), a clean round trip that uses all three, and one that logs. */
const PAGE = `<!doctype html><title>drawer</title><div id="drawer"></div><script>
class Row { constructor() { this.text = 'x'.repeat(200) + performance.now(); this.cells = new Array(400).fill(0); } }
const kept = { rows: [], nodes: [] };
function leakRows() { for (let i = 0; i < 50; i += 1) kept.rows.push(new Row()); }
function leakNodes() { for (let i = 0; i < 10; i += 1) kept.nodes.push(document.createElement('section')); }
function logAndRemove(into) {
  for (let i = 0; i < 10; i += 1) {
    const row = document.body.appendChild(document.createElement('section'));
    console.log('opened', row);
    row.remove();
    into?.push(row);
  }
}
function leakListeners() { for (let i = 0; i < 10; i += 1) document.body.addEventListener('click', () => i); }
function roundTrip() {
  const drawer = document.getElementById('drawer');
  for (let i = 0; i < 10; i += 1) drawer.appendChild(document.createElement('p')).addEventListener('click', () => new Row());
  drawer.replaceChildren();
}
</script>`;

let server: Server;
let browser: Browser;
const meters: PageMeter[] = [];

beforeAll(async () => {
  server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(PAGE)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  browser = await chromium.launch(LAUNCH);
});

afterAll(async () => {
  await browser.close();
  server.close();
});

afterEach(async () => {
  for (const meter of meters.splice(0)) await meter.stop();
  for (const context of browser.contexts()) await context.close();
});

function url(path: string): string {
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/${path}`;
}

async function open(path = 'shop.html'): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url(path));
  return page;
}

async function meterOf(pages: readonly Page[], options: PageMeterOptions = {}): Promise<PageMeter> {
  const meter = new PageMeter(options);
  meters.push(meter);
  await meter.start(pages);
  return meter;
}

/** Runs `call` in the page a few times, with a reading after each, and returns by how much each metric has grown. */
async function growth(page: Page, meter: PageMeter, call: string, rounds = 6): Promise<Record<string, number>> {
  await page.evaluate(call);
  const first = await meter.read();
  let last = first;
  for (let round = 0; round < rounds; round += 1) {
    await page.evaluate(call);
    last = await meter.read();
  }
  return Object.fromEntries(Object.entries(last).map(([name, value]) => [name, (value ?? Number.NaN) - (first[name] ?? Number.NaN)]));
}

describe('a page', () => {
  it('that keeps detached nodes grows by exactly as many', async () => {
    const page = await open();
    const grown = await growth(page, await meterOf([page]), 'leakNodes()');
    expect(grown).toMatchObject({ 'shop.html.domNodes': 60, 'shop.html.documents': 0, 'shop.html.listeners': 0 });
  });

  it('that keeps listeners grows by exactly as many', async () => {
    const page = await open();
    expect(await growth(page, await meterOf([page]), 'leakListeners()')).toMatchObject({
      'shop.html.domNodes': 0,
      'shop.html.listeners': 60,
    });
  });

  it('that keeps plain objects grows in its heap and in nothing else', async () => {
    const page = await open();
    const grown = await growth(page, await meterOf([page]), 'leakRows()');
    expect(grown['shop.html.heapBytes']).toBeGreaterThan(6 * 50 * 100);
    expect(grown).toMatchObject({ 'shop.html.domNodes': 0, 'shop.html.listeners': 0 });
  });

  it('that keeps buffers grows in them', async () => {
    const page = await open();
    const grown = await growth(page, await meterOf([page]), '(globalThis.kept2 ??= []).push(new ArrayBuffer(100_000))');
    expect(grown['shop.html.arrayBufferBytes']).toBeGreaterThanOrEqual(600_000);
  });

  it('that cleans up after each round does not grow', async () => {
    const page = await open();
    const meter = await meterOf([page]);
    for (let round = 0; round < 20; round += 1) await page.evaluate('roundTrip()');
    const grown = await growth(page, meter, 'for (let i = 0; i < 50; i += 1) roundTrip()');
    expect(grown).toMatchObject({ 'shop.html.domNodes': 0, 'shop.html.documents': 0, 'shop.html.listeners': 0 });
    expect(grown['shop.html.heapBytes']).toBeLessThan(6 * 50 * 100);
    expect(meter.notes()).toEqual([]);
  });
});

describe('a page that logs', () => {
  it('elements that it removes does not grow: only an inspected page would keep them', async () => {
    const page = await open();
    const grown = await growth(page, await meterOf([page]), 'logAndRemove()');
    expect(grown).toMatchObject({ 'shop.html.domNodes': 0, 'shop.html.documents': 0, 'shop.html.listeners': 0 });
  });

  it('elements that it keeps grows by exactly as many', async () => {
    const page = await open();
    const grown = await growth(page, await meterOf([page]), 'logAndRemove(kept.nodes)');
    expect(grown).toMatchObject({ 'shop.html.domNodes': 60 });
  });
});

describe('what grew in a page', () => {
  it('is told by class, with what keeps it and the function that allocated it', async () => {
    const scratch = temporaryFolder();
    const page = await open();
    const meter = await meterOf([page], { scratch });
    await growth(page, meter, 'leakRows()');
    expect(readdirSync(scratch)).toHaveLength(1);
    const [found] = await meter.growth(['shop.html.heapBytes']);
    const row = found?.classes.find(({ name }) => name === 'Row');
    // The first snapshot is taken when the third rise in a row is seen.
    expect(row?.count).toBe(150);
    expect(row?.retainers).toEqual([expect.stringMatching(/^\[\d+\] of Array$/), 'rows of {rows, nodes}', 'kept of a closure’s scope']);
    expect(found?.sites[0]?.stack.map((frame) => frame.function)).toContain('leakRows');
    expect(found?.sites[0]?.frame.file).toBe(url('shop.html'));
    await meter.stop();
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('is not asked of pages whose metrics do not leak', async () => {
    const page = await open();
    const meter = await meterOf([page]);
    await growth(page, meter, 'leakNodes()');
    expect(await meter.growth(['fds', 'other.html.domNodes'])).toEqual([]);
  });

  it('is told without classes when it did not show before the end', async () => {
    const page = await open();
    const meter = await meterOf([page]);
    await growth(page, meter, 'leakNodes()', 1);
    expect(await meter.growth(['shop.html.domNodes'])).toMatchObject([
      { domNodes: 10, classes: [], withoutClasses: 'it did not grow steadily enough for a heap snapshot before' },
    ]);
  });
});

describe('several pages', () => {
  it('are told apart, each with its own figures', async () => {
    const pages = [await open('shop.html'), await open('cart.html')];
    const meter = await meterOf(pages);
    const before = await meter.read();
    await pages[1]?.evaluate('leakNodes()');
    const after = await meter.read();
    expect((after['cart.html.domNodes'] ?? 0) - (before['cart.html.domNodes'] ?? 0)).toBe(10);
    expect(after['shop.html.domNodes']).toBe(before['shop.html.domNodes']);
  });

  it('that share a renderer process are counted once, and that is said', async () => {
    const page = await open('shop.html');
    const [popup] = await Promise.all([page.waitForEvent('popup'), page.evaluate("void window.open('/popup.html')")]);
    await popup.waitForLoadState();
    const meter = await meterOf([page, popup]);
    expect(Object.keys(await meter.read()).filter((name) => name.endsWith('.domNodes'))).toEqual(['shop.html.domNodes']);
    expect(meter.notes()).toEqual(['page popup.html shares its process with page shop.html: what both hold is counted under shop.html']);
  });

  it('beyond those that are named are added up', async () => {
    const pages = [await open('shop.html'), await open('cart.html'), await open('help.html')];
    const meter = await meterOf(pages, { maxNamed: 1 });
    const before = await meter.read();
    expect(Object.keys(before).filter((name) => name.endsWith('.domNodes'))).toEqual(['shop.html.domNodes', 'otherPages.domNodes']);
    await pages[2]?.evaluate('leakNodes()');
    expect(((await meter.read())['otherPages.domNodes'] ?? 0) - (before['otherPages.domNodes'] ?? 0)).toBe(10);
  });
});

describe('a page that cannot be asked any more', () => {
  it('has null metrics once it is closed, and a note', async () => {
    const page = await open();
    const meter = await meterOf([page]);
    await meter.read();
    await page.close();
    expect(await meter.read()).toMatchObject({ 'shop.html.domNodes': null, 'shop.html.heapBytes': null });
    expect(meter.notes()).toEqual(['page shop.html was measured no further: it was closed']);
    expect(meter.closed()).toEqual(expect.arrayContaining(['shop.html.domNodes', 'shop.html.heapBytes']));
    expect(await meter.growth(['shop.html.domNodes'])).toEqual([]);
  });

  it('has null metrics once it has crashed, at once and not after a time-out', async () => {
    const page = await open();
    const meter = await meterOf([page], { timeoutMs: 60_000 });
    await meter.read();
    const crashed = page.waitForEvent('crash');
    void page.goto('chrome://crash').catch(() => undefined);
    await crashed;
    expect(await meter.read()).toMatchObject({ 'shop.html.domNodes': null });
    expect(meter.notes()).toEqual(['page shop.html was measured no further: it crashed']);
    await page.close();
    await meter.read();
    expect(meter.closed()).toEqual([]);
  });

  it('has null metrics when its main thread is blocked, and is not waited for twice', async () => {
    const page = await open();
    const meter = await meterOf([page], { timeoutMs: 300 });
    await meter.read();
    void page.evaluate('for (;;);').catch(() => undefined);
    expect(await meter.read()).toMatchObject({ 'shop.html.domNodes': null });
    expect(await meter.read()).toMatchObject({ 'shop.html.domNodes': null });
    expect(meter.notes()).toEqual(['page shop.html was measured no further: it did not answer within 300 ms']);
    expect(meter.closed()).toEqual([]);
  });

  it('is closed when a reading finds it so, and not by closing with its test after the last one', async () => {
    const page = await open();
    const meter = await meterOf([page]);
    await meter.read();
    await page.close();
    expect(meter.closed()).toEqual([]);
  });

  it('beyond those that are named ends the sum of the rest: closed, or crashed', async () => {
    const pages = [await open('shop.html'), await open('cart.html'), await open('help.html')];
    const meter = await meterOf(pages, { maxNamed: 1 });
    await meter.read();
    await pages[1]?.close();
    expect(await meter.read()).toMatchObject({ 'otherPages.domNodes': null });
    expect(meter.closed()).toContain('otherPages.domNodes');
    expect(meter.closed()).not.toContain('shop.html.domNodes');
    const crashed = pages[2]?.waitForEvent('crash');
    void pages[2]?.goto('chrome://crash').catch(() => undefined);
    await crashed;
    await meter.read();
    expect(meter.closed()).toEqual([]);
  });

  it('goes on being measured when it navigates', async () => {
    const page = await open();
    const meter = await meterOf([page]);
    const before = await meter.read();
    await page.evaluate('leakNodes()');
    await page.goto(url('elsewhere.html'));
    expect((await meter.read())['shop.html.domNodes']).toBe(before['shop.html.domNodes']);
    await page.evaluate('leakNodes()');
    expect((await meter.read())['shop.html.domNodes']).toBe((before['shop.html.domNodes'] ?? 0) + 10);
  });
});

it('says why a page of another engine is not measured', async () => {
  const firefox = { browserType: () => ({ name: () => 'firefox' }) };
  const context = { newCDPSession: () => Promise.reject(new Error('CDP session is only available in Chromium')), browser: () => firefox };
  const meter = new PageMeter();
  await meter.start([{ url: () => 'http://a.test/', context: () => context, isClosed: () => false }]);
  expect(await meter.read()).toEqual({});
  expect(meter.notes()).toEqual(['not measured: page heap (firefox: no CDP)']);
});

it('measures nothing, and says nothing, when no page is open', async () => {
  const meter = await meterOf([]);
  expect(await meter.read()).toEqual({});
  expect(meter.notes()).toEqual([]);
});
