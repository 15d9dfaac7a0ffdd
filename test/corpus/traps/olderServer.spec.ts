import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { test, expect } from 'leak/fixtures';
import { portOf, urlOf } from '../support/localServer.ts';

// The first file of a worker is loaded before its first fixture starts: what listens by then accepts connections all the same.

// An option of the worker gives this file a worker of its own.
test.use({ launchOptions: { slowMo: 0 } });

// Nobody closes it: a hook that did would take its connections back.
const app = http.createServer((_request, response) => response.end('ok'));
app.listen(0);

test('fetch', async () => {
  expect(await (await fetch(urlOf(app))).text()).toBe('ok');
});

test('the request fixture', async ({ request }) => {
  expect(await (await request.get(urlOf(app))).text()).toBe('ok');
});

test('an agent’s connection', async () => {
  const [response] = (await once(http.get(urlOf(app)), 'response')) as [http.IncomingMessage];
  await once(response.resume(), 'close');
});

test('a client nobody closes is accused, and it alone', async () => {
  const socket = net.connect(portOf(app), '127.0.0.1'); // leak: handle
  await once(socket, 'connect');
});
