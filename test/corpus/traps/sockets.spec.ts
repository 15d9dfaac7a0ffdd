import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { test, expect } from 'leak/fixtures';
import { portOf, startShop, stop, urlOf } from '../support/localServer.ts';

// Idle connections are kept on purpose by agents and by fetch, here and in the browser. None of them is a leak.

let shop: http.Server;
const agent = new http.Agent({ keepAlive: true });

test.beforeAll(async () => {
  shop = await startShop();
});
test.afterAll(async () => {
  await stop(shop);
});

async function get(path: string, options: http.RequestOptions = {}): Promise<string> {
  const [response] = (await once(http.get(urlOf(shop, path), options), 'response')) as [http.IncomingMessage];
  response.setEncoding('utf8');
  let body = '';
  for await (const part of response) body += String(part);
  return body;
}

test('an agent keeps its connection', async () => {
  expect(await get('/api', { agent })).toBe('ok');
});

test('an agent uses its connection again', async () => {
  expect(await get('/api', { agent })).toBe('ok');
});

test('the global agent keeps its connections', async () => {
  expect(await Promise.all(Array.from({ length: 8 }, () => get('/api')))).toHaveLength(8);
});

test('fetch keeps its connections', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, async () => (await fetch(urlOf(shop, '/api'))).text()));
  expect(answers).toHaveLength(8);
});

test('fetch with a body that is cancelled', async () => {
  const response = await fetch(urlOf(shop, '/large'));
  await response.body?.cancel();
});

test('fetch that is aborted', async () => {
  const stopping = new AbortController();
  const response = await fetch(urlOf(shop, '/large'), { signal: stopping.signal });
  stopping.abort();
  await expect(response.arrayBuffer()).rejects.toThrow();
});

test('a browser keeps its connections to a beforeAll server', async ({ page }) => {
  await page.goto(urlOf(shop));
  await expect(page).toHaveTitle('Shop');
});

test('a browser uses its connections again', async ({ page }) => {
  await page.goto(urlOf(shop, '/fetching'));
  await expect(page).toHaveTitle('ok');
});

test('the request fixture keeps its connections', async ({ request }) => {
  expect(await (await request.get(urlOf(shop, '/api'))).text()).toBe('ok');
  await Promise.all(Array.from({ length: 4 }, () => request.get(urlOf(shop, '/api'))));
});

test('a server that closes without the connection that fetch keeps', async () => {
  // Unlike an HTTP server, it does not end idle connections when it closes.
  const server = net.createServer((socket) => {
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
  });
  server.listen(0);
  await once(server, 'listening');
  expect(await (await fetch(`http://127.0.0.1:${String(portOf(server))}`)).text()).toBe('ok');
  server.close();
});

test('a server that closes while a page still listens to it', async ({ page }) => {
  const events = http.createServer((request, response) => {
    const isStream = request.url === '/events';
    response.setHeader('content-type', isStream ? 'text/event-stream' : 'text/html');
    if (isStream) response.write('data: listening\n\n');
    else response.end('<script>new EventSource("/events").onmessage = ({ data }) => (document.title = data)</script>');
  });
  events.listen(0);
  await once(events, 'listening');
  await page.goto(urlOf(events));
  await expect(page).toHaveTitle('listening');
  events.close();
});

test('page.request keeps its connections', async ({ page }) => {
  expect((await page.request.get(urlOf(shop, '/api'))).status()).toBe(200);
});
