import { chromium, request, type Browser, type BrowserContext, type Page } from '@playwright/test';
import * as playwright from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { fold } from '../../../src/core/fold.ts';
import type { Resource } from '../../../src/core/resource.ts';
import { originOf } from '../../../src/core/stack.ts';
import { createBrowserProbe } from '../../../src/probes/browser.ts';
import type { ResourceProbe } from '../../../src/probes/probe.ts';

const LAUNCH = {
  executablePath: process.env['LEAK_CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
};

let shared: Browser;
let probe: ResourceProbe;
let before: ReadonlySet<string>;

beforeAll(async () => {
  probe = createBrowserProbe({ playwright });
  probe.start();
  shared = await chromium.launch(LAUNCH);
});

afterAll(async () => {
  await shared.close();
  probe.stop();
});

beforeEach(() => {
  before = probe.read();
});

afterEach(async () => {
  for (const context of shared.contexts()) await context.close();
});

function opened(): Resource[] {
  return [...probe.describe([...probe.read()].filter((key) => !before.has(key)))];
}

/** The line of the caller, as the probe should report it. */
function here(offset = 0): number {
  const match = /browser\.test\.ts:(\d+)/.exec(new Error().stack?.split('\n')[2] ?? '');
  return Number(match?.[1]) + offset;
}

function lineOf(resource: Resource | undefined): number | undefined {
  const origin = originOf(resource?.stack ?? []);
  expect(origin?.file).toMatch(/browser\.test\.ts$/);
  return origin?.line;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('a browser that is launched is open until it is closed, with the line that launched it', async () => {
  const line = here(1);
  const browser = await chromium.launch(LAUNCH);
  const [resource, ...others] = opened();
  expect(others).toEqual([]);
  expect(resource).toMatchObject({ kind: 'browser', type: 'browser', opener: 'user', standing: 'counts' });
  expect(resource?.label).toMatch(/^chromium \d+\./);
  expect(lineOf(resource)).toBe(line);
  await browser.close();
  expect(opened()).toEqual([]);
  expect(probe.closedBy?.(resource?.key ?? '')).toBe('own');
});

test('a context is open until it is closed', async () => {
  const line = here(1);
  const context = await shared.newContext();
  const [resource] = opened();
  expect(resource).toMatchObject({ kind: 'context', type: 'context', opener: 'user' });
  expect(lineOf(resource)).toBe(line);
  await context.close();
  expect(opened()).toEqual([]);
  expect(probe.closedBy?.(resource?.key ?? '')).toBe('own');
});

test('pages of a context are folded into it', async () => {
  const context = await shared.newContext();
  await context.newPage();
  await context.newPage();
  const roots = fold(opened());
  expect(roots.map(({ root, parts }) => [root.kind, parts.length])).toEqual([['context', 2]]);
});

test('a page that is left in a context of before is open on its own, with its line and its URL without secrets', async () => {
  const context = await shared.newContext();
  before = probe.read();
  const line = here(1);
  const page = await context.newPage();
  await page.goto('data:text/html,<title>x</title>');
  const [resource, ...others] = opened();
  expect(others).toEqual([]);
  expect(resource).toMatchObject({ kind: 'page', type: 'page', opener: 'user' });
  expect(resource?.label).toContain('data:text/html');
  expect(lineOf(resource)).toBe(line);
  await page.close();
  expect(opened()).toEqual([]);
});

test('browser.newPage() is one page, which owns the context that came with it', async () => {
  const line = here(1);
  const page = await shared.newPage();
  const roots = fold(opened());
  expect(roots.map(({ root }) => root.kind)).toEqual(['page']);
  expect(lineOf(roots[0]?.root)).toBe(line);
  expect(roots[0]?.root.opener).toBe('user');
  await page.close();
  expect(opened()).toEqual([]);
});

test('a popup that stays open is a page without an opening line', async () => {
  const context = await shared.newContext();
  const page = await context.newPage();
  before = probe.read();
  const popup = context.waitForEvent('page');
  await page.evaluate("void window.open('about:blank')");
  const opening = await popup;
  const [resource] = opened();
  expect(resource).toMatchObject({ kind: 'page', opener: 'unknown', stack: [] });
  await opening.close();
  expect(opened()).toEqual([]);
});

test('a page that closes itself is closed', async () => {
  const context = await shared.newContext();
  const page = await context.newPage();
  before = probe.read();
  const popup = await Promise.all([context.waitForEvent('page'), page.evaluate("void window.open('about:blank')")]);
  const [resource] = opened();
  await Promise.all([popup[0].waitForEvent('close'), popup[0].evaluate('window.close()').catch(() => undefined)]);
  expect(opened()).toEqual([]);
  expect(probe.closedBy?.(resource?.key ?? '')).toBe('own');
});

test('a context that goes down with its browser was not closed by its own user', async () => {
  const browser = await chromium.launch(LAUNCH);
  const context = await browser.newContext();
  const page = await context.newPage();
  const byKind = new Map(opened().map((resource) => [resource.kind, resource.key]));
  expect([...byKind.keys()].sort()).toEqual(['browser', 'context', 'page']);
  await browser.close();
  expect(page.isClosed()).toBe(true);
  expect(opened()).toEqual([]);
  expect(probe.closedBy?.(byKind.get('context') ?? '')).toBe('parent');
  expect(probe.closedBy?.(byKind.get('page') ?? '')).toBe('parent');
  expect(probe.closedBy?.(byKind.get('browser') ?? '')).toBe('own');
});

test('a context that was closed stays closed by its user when its browser goes later', async () => {
  const browser = await chromium.launch(LAUNCH);
  const context = await browser.newContext();
  const key = opened().find((resource) => resource.kind === 'context')?.key ?? '';
  await context.close();
  await browser.close();
  expect(probe.closedBy?.(key)).toBe('own');
});

test('nothing is kept of a context that nobody has described before it was closed', async () => {
  const [forgotten, remembered] = [await shared.newContext(), await shared.newContext()];
  const [first = '', second = ''] = [...probe.read()].filter((key) => !before.has(key));
  probe.describe([second]);
  await Promise.all([forgotten.close(), remembered.close()]);
  expect([probe.closedBy?.(first), probe.closedBy?.(second)]).toEqual([undefined, 'own']);
});

test('a leaked browser owns its contexts and pages', async () => {
  const browser = await chromium.launch(LAUNCH);
  const context = await browser.newContext();
  await context.newPage();
  await browser.newPage();
  const roots = fold(opened());
  expect(roots.map(({ root, parts }) => [root.kind, parts.map((part) => part.kind).sort()])).toEqual([
    ['browser', ['context', 'context', 'page', 'page']],
  ]);
  await browser.close();
  expect(opened()).toEqual([]);
});

test('a persistent context is open until it is closed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'leak-profile-'));
  const line = here(1);
  const context: BrowserContext = await chromium.launchPersistentContext(folder, LAUNCH);
  const roots = fold(opened());
  expect(roots.map(({ root }) => [root.kind, root.type])).toEqual([['context', 'persistent context']]);
  expect(lineOf(roots[0]?.root)).toBe(line);
  await context.close();
  expect(opened()).toEqual([]);
  await rm(folder, { recursive: true, force: true });
});

test('a browser server is open until it is closed, and so is a connection to it', async () => {
  const serverLine = here(1);
  const server = await chromium.launchServer(LAUNCH);
  const connectLine = here(1);
  const browser = await chromium.connect(server.wsEndpoint());
  const found = opened();
  expect(found.map((resource) => [resource.type, lineOf(resource)])).toEqual([
    ['browser server', serverLine],
    ['browser', connectLine],
  ]);
  expect(found[0]?.evidence['pid']).toBe(server.process().pid);
  await browser.close();
  expect(opened().map((resource) => resource.type)).toEqual(['browser server']);
  await server.close();
  expect(opened()).toEqual([]);
});

test('a browser server whose process is killed is open no more', async () => {
  const server = await chromium.launchServer(LAUNCH);
  const exited = once(server.process(), 'exit');
  server.process().kill('SIGKILL');
  await exited;
  expect(opened()).toEqual([]);
});

test('a CDP connection owns what is opened through it, and leaves the other pages alone', async () => {
  const port = await freePort();
  const browser = await chromium.launch({ ...LAUNCH, args: [...LAUNCH.args, `--remote-debugging-port=${String(port)}`] });
  before = probe.read();
  const connected = await chromium.connectOverCDP(`http://127.0.0.1:${String(port)}`);
  const page = await connected.contexts()[0]?.newPage();
  expect(fold(opened()).map(({ root, parts }) => [root.kind, parts.map((part) => part.kind)])).toEqual([['browser', ['page']]]);
  before = probe.read();
  const line = here(1);
  await connected.contexts()[0]?.newPage();
  expect(opened().map((resource) => [resource.kind, resource.opener, lineOf(resource)])).toEqual([['page', 'user', line]]);
  await page?.close();
  await connected.close();
  await browser.close();
  expect(opened()).toEqual([]);
});

test('an API request context is open until it is disposed', async () => {
  const line = here(1);
  const context = await request.newContext();
  const [resource] = opened();
  expect(resource).toMatchObject({ kind: 'request', type: 'API request context', opener: 'user' });
  expect(lineOf(resource)).toBe(line);
  await context.dispose();
  expect(opened()).toEqual([]);
});

test('a close that is not awaited is open until it has happened', async () => {
  const context = await shared.newContext();
  const [resource] = opened();
  const closing = context.close();
  expect(probe.stillOpen([resource?.key ?? ''])).toEqual(new Set([resource?.key]));
  await closing;
  expect(probe.stillOpen([resource?.key ?? ''])).toEqual(new Set());
});

test("a page's close is noticed although the suite took off all its listeners", async () => {
  const context = await shared.newContext();
  const page = await context.newPage();
  page.removeAllListeners();
  await page.close();
  expect(opened().map((resource) => resource.kind)).toEqual(['context']);
  await context.close();
  expect(opened()).toEqual([]);
});

test('a launch that fails behaves as before and leaves nothing', async () => {
  const failed = chromium.launch({ executablePath: '/nonexistent' });
  await expect(failed).rejects.toThrow(/launch/);
  expect(opened()).toEqual([]);
});

test('describing a page that has been closed meanwhile leaves it out', async () => {
  const page: Page = await shared.newPage();
  const keys = [...probe.read()].filter((key) => !before.has(key));
  await page.close();
  expect(probe.describe(keys)).toEqual([]);
});

test('stopping puts every method back', async () => {
  const prototype = Object.getPrototypeOf(chromium) as object;
  const context = await shared.newContext();
  const observed = Reflect.get(prototype, 'launch');
  const second = createBrowserProbe({ playwright });
  second.start();
  expect(Reflect.get(prototype, 'launch')).not.toBe(observed);
  second.stop();
  expect(Reflect.get(prototype, 'launch')).toBe(observed);
  await context.close();
});

test('without Playwright the probe is unavailable and says so', () => {
  expect(createBrowserProbe({}).availability()).toEqual({ available: false, reason: expect.stringContaining('Playwright') as string });
});
