import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';
import { test, expect } from 'leak/fixtures';
import { portOf, startEcho, startShop, urlOf } from './support/localServer.ts';
import { retained } from './support/retained.ts';

let shop: http.Server;
let echo: net.Server;

test.beforeAll(async () => {
  shop = await startShop();
  echo = await startEcho();
});

test.afterAll(() => {
  // The leaky tests' connections stay open, so nobody may wait for the servers' end, nor close connections for those tests.
  shop.close();
  echo.close();
});

test.describe('net.connect', () => {
  test('leaky', async () => {
    const socket = net.connect(portOf(echo), '127.0.0.1'); // leak: handle
    await once(socket, 'connect');
  });
  test('clean', async () => {
    const socket = net.connect(portOf(echo), '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    await once(socket, 'close');
  });
});

test.describe('net.connect to a host name', () => {
  test('leaky', async () => {
    const socket = net.connect({ port: portOf(echo), host: 'localhost', family: 4 }); // leak: handle
    await once(socket, 'connect');
  });
  test('clean', async () => {
    const socket = net.connect({ port: portOf(echo), host: 'localhost', family: 4 });
    await once(socket, 'connect');
    socket.end();
    await once(socket.resume(), 'close');
  });
});

test.describe('new net.Socket', () => {
  test('leaky', async () => {
    const socket = new net.Socket();
    socket.connect(portOf(echo), '127.0.0.1'); // leak: handle
    await once(socket, 'connect');
  });
  test('clean', async () => {
    const socket = new net.Socket();
    socket.connect(portOf(echo), '127.0.0.1');
    await once(socket, 'connect');
    socket.destroySoon();
    await once(socket.resume(), 'close');
  });
});

test.describe('tls.connect', () => {
  const psk = Buffer.from('0123456789abcdef');
  const options = { ciphers: 'PSK-AES128-CBC-SHA256', maxVersion: 'TLSv1.2' as const };

  async function startTls(): Promise<tls.Server> {
    const server = tls.createServer({ ...options, pskCallback: () => psk }, (socket) => {
      socket.on('error', () => socket.destroy());
      socket.resume();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }
  const client = { ...options, pskCallback: () => ({ psk, identity: 'corpus' }), checkServerIdentity: () => undefined };
  let server: tls.Server;

  test.beforeAll(async () => {
    server = await startTls();
  });
  test.afterAll(() => {
    server.close();
  });

  test('leaky', async () => {
    const socket = tls.connect({ ...client, port: portOf(server), host: '127.0.0.1' }); // leak: handle
    await once(socket, 'secureConnect');
  });
  test('clean', async () => {
    const socket = tls.connect({ ...client, port: portOf(server), host: '127.0.0.1' });
    await once(socket, 'secureConnect');
    socket.destroy();
    await once(socket, 'close');
  });
});

test.describe('a response nobody reads', () => {
  test('leaky', async () => {
    const agent = new http.Agent({ keepAlive: true });
    const request = http.get(urlOf(shop, '/large'), { agent }); // leak: handle
    retained.push(await once(request, 'response'));
  });
  test('clean', async () => {
    const agent = new http.Agent({ keepAlive: true });
    const request = http.get(urlOf(shop, '/large'), { agent });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.resume();
    await once(response, 'close');
  });
});

test.describe('a request that is never ended', () => {
  test('leaky', async () => {
    const request = http.request(urlOf(shop, '/hold'), { method: 'POST' }); // leak: handle
    retained.push(request);
    request.on('error', () => request.destroy());
    request.write('a part');
    await once(request, 'socket');
  });
  test('clean', async () => {
    const request = http.request(urlOf(shop, '/api'), { method: 'POST' });
    request.end('all');
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    await once(response.resume(), 'close');
  });
});

test.describe('a fetch whose body nobody reads', () => {
  test('leaky', async () => {
    const response = await fetch(urlOf(shop, '/large')); // leak: handle
    retained.push(response);
    expect(response.status).toBe(200);
  });
  test('clean', async () => {
    const response = await fetch(urlOf(shop, '/large'));
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(1_000_000);
  });
});

test.describe('http2.connect', () => {
  let server: http2.Http2Server;

  test.beforeAll(async () => {
    server = http2.createServer((_request, response) => response.end('ok'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  test.afterAll(() => {
    server.close();
  });

  test('leaky', async () => {
    const session = http2.connect(`http://127.0.0.1:${String(portOf(server))}`); // leak: handle
    session.ref();
    await once(session, 'connect');
  });
  test('clean', async () => {
    const session = http2.connect(`http://127.0.0.1:${String(portOf(server))}`);
    await once(session, 'connect');
    const closed = once(session, 'close');
    session.close();
    await closed;
  });
});
