import { afterAll, expect, it } from 'vitest';
import { removeSuites, runScenarios } from './scenarios.ts';

/**
 * What leak itself keeps of each thing that a test opens and closes, in bytes of the worker's heap: `npm run bench -- ownMemory`. A
 * detector's own records of what has come and gone would be told as the suite's leak. What is shown includes what Node and Playwright keep,
 * so the bar is half of the default limit, from the lower bound of the slope.
 */
const MOST_BYTES = 256;

afterAll(removeSuites);

/** By kind: iterations, and the code of one. `url` is a server's that answers at once; `page` stands open. */
const KINDS: Readonly<Record<string, readonly [iterations: number, code: string]>> = {
  'a descriptor': [3000, `fs.closeSync(fs.openSync('/dev/null', 'r'));`],
  'a file handle': [3000, `await (await fsp.open('/dev/null')).close();`],
  'a read stream': [2000, `await once(fs.createReadStream(__filename).resume(), 'close');`],
  'a timer that is cleared': [3000, `clearTimeout(setTimeout(() => {}, 1000));`],
  'a timer that fires': [2000, `await new Promise((resolve) => setTimeout(resolve, 1));`],
  'a signal that times out': [2000, `await once(AbortSignal.timeout(1), 'abort');`],
  'a server with its client': [
    1000,
    `const server = http.createServer((request, response) => response.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await get('http://127.0.0.1:' + server.address().port, false);
    server.close();
    await once(server, 'close');`,
  ],
  'a connection': [1000, `await get(url, false);`],
  'a request over a kept connection': [2000, `await get(url, agent);`],
  'a fetch': [2000, `await (await fetch(url)).text();`],
  'a fetch with a signal': [1000, `await (await fetch(url, { signal: AbortSignal.timeout(5000) })).text();`],
  'a UDP socket': [1000, `const socket = dgram.createSocket('udp4').bind(0); await once(socket, 'listening'); socket.close();`],
  'a watcher': [1000, `fs.watch(__dirname).close();`],
  'a polling watcher': [1000, `const changed = () => {}; fs.watchFile(__filename, changed); fs.unwatchFile(__filename, changed);`],
  'a thread': [250, `await once(new Worker('', { eval: true }), 'exit');`],
  'a message channel': [
    1000,
    `const { port1, port2 } = new MessageChannel(); port1.on('message', () => {}); port1.close(); await once(port2, 'close');`,
  ],
  'a child that ends': [500, `await once(spawn('true'), 'close');`],
  'a child that is killed': [
    500,
    `const child = spawn('sleep', ['100']); await once(child, 'spawn'); child.kill(); await once(child, 'close');`,
  ],
  'a signal listener': [2000, `const heard = () => {}; process.on('SIGUSR2', heard); process.off('SIGUSR2', heard);`],
  'a tracked object': [2000, `leak.track('object ' + iteration, { iteration });`],
  'an allow rule': [1000, `leak.allow({ kind: 'handle', match: 'rule ' + (iteration % 10), reason: 'a bench' });`],
  'an API request context': [
    1000,
    `const api = await playwright.request.newContext(); await (await api.get(url)).text(); await api.dispose();`,
  ],
  'an API request, its response disposed of': [
    1000,
    `const response = await request.get(url); await response.text(); await response.dispose();`,
  ],
  'a context': [1000, `await (await browser.newContext()).close();`],
  'a page with its context': [1000, `await (await browser.newPage()).close();`],
  'a page': [1000, `await (await context.newPage()).close();`],
  'an evaluation': [1000, `await page.evaluate(() => document.title);`],
  'an object of a page': [1000, `await (await page.evaluateHandle(() => ({}))).dispose();`],
  'a route': [
    1000,
    `await page.route('**/*', (route) => route.fulfill({ body: '' })); await page.goto('http://route.test/'); await page.unroute('**/*');`,
  ],
  'a WebAssembly module that a library starts': [3000, `await startWasm(wasm);`],
  'a step': [1000, `await test.step('step', async () => {});`],
};

const SPEC = `
import { test } from 'leak/fixtures';
import fs from 'node:fs'; import fsp from 'node:fs/promises'; import http from 'node:http'; import dgram from 'node:dgram';
import { spawn } from 'node:child_process'; import { once } from 'node:events'; import { Worker, MessageChannel } from 'node:worker_threads'; import { compileFunction } from 'node:vm';
const startWasm = compileFunction('return WebAssembly.instantiate(bytes)', ['bytes'], { filename: '/suite/node_modules/tool/index.js' });
const wasm = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 0x6d, 2, 0);
const server = http.createServer((request, response) => response.end('ok'));
const agent = new http.Agent({ keepAlive: true });
let url;
test.beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = 'http://127.0.0.1:' + server.address().port + '/';
});
test.afterAll(async () => {
  agent.destroy();
  server.close();
  server.closeAllConnections();
});
const get = (url, agent) => new Promise((resolve, reject) => {
  http.get(url, { agent }, (response) => response.resume().on('end', resolve)).on('error', reject);
});
${Object.entries(KINDS)
  .map(
    ([name, [iterations, code]]) => `
test('${name}', async ({ ${/\b(page|context)\b/.test(code) ? 'page, context, ' : ''}${/\bbrowser\b/.test(code) ? 'browser, ' : ''}playwright, request, leak }) => {
  await leak.measure('${name}', async ({ iteration }) => {
    ${code}
  }, { iterations: ${iterations}, earlyStop: false, extend: false });
});`,
  )
  .join('')}
`;

it('nothing is kept of what comes and goes', async () => {
  const { scenarios } = await runScenarios('own-memory', SPEC);
  const kept = scenarios.map(({ name, verdict, iterations, metrics }) => {
    const { slopePerIteration, low } = metrics.find((metric) => metric.name === 'heapBytes') ?? {};
    return { name, verdict, iterations, bytes: Math.round(slopePerIteration ?? Number.NaN), atLeast: low ?? 0 };
  });
  console.log(`\n${'kept in the worker of'.padEnd(42)} B each   iterations`);
  for (const { name, bytes, iterations, verdict } of kept)
    console.log(`${name.padEnd(42)} ${String(bytes).padStart(6)}   ${String(iterations).padStart(10)}   ${verdict}`);
  expect(kept.map(({ name }) => name)).toEqual(Object.keys(KINDS));
  expect(kept.filter(({ verdict, atLeast }) => verdict !== 'pass' || atLeast > MOST_BYTES)).toEqual([]);
});
