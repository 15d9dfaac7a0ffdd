import { fork, type ChildProcess } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { test, expect } from 'leak/fixtures';
import { portOf, stop, urlOf } from './support/localServer.ts';
import { listen } from './support/openings.ts';

/** A Unix socket's path may not be longer than 107 bytes, and a test's output folder often is. */
function socketPath(name: string): string {
  return path.join(os.tmpdir(), `leak-${name}-${String(process.pid)}-${String(Date.now())}.sock`);
}

test.describe('net server', () => {
  test('leaky', async () => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1'); // leak: handle
    await once(server, 'listening');
  });
  test('clean', async () => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await stop(server);
  });
});

test.describe('net server on a host name', () => {
  test('leaky', async () => {
    const server = net.createServer();
    server.listen(0, 'localhost'); // leak: handle
    await once(server, 'listening');
  });
  test('clean', async () => {
    const server = net.createServer();
    server.listen(0, 'localhost');
    await once(server, 'listening');
    await stop(server);
  });
});

test.describe('http server', () => {
  test('leaky', async () => {
    const server = http.createServer((_request, response) => response.end('ok'));
    server.listen(0); // leak: handle
    await once(server, 'listening');
    expect(await (await fetch(`http://localhost:${String(portOf(server))}`)).text()).toBe('ok');
  });
  test('clean', async () => {
    const server = http.createServer((_request, response) => response.end('ok'));
    server.listen(0);
    await once(server, 'listening');
    expect(await (await fetch(`http://localhost:${String(portOf(server))}`)).text()).toBe('ok');
    await stop(server);
  });
});

test.describe('http server with its callback in listen', () => {
  test('leaky', async () => {
    await new Promise<void>((resolve) => {
      http.createServer().listen({ port: 0, host: '127.0.0.1' }, resolve); // leak: handle
    });
  });
  test('clean', async () => {
    const server = http.createServer();
    await new Promise<void>((resolve) => {
      server.listen({ port: 0, host: '127.0.0.1' }, resolve);
    });
    await server[Symbol.asyncDispose]();
  });
});

test.describe('https server', () => {
  test('leaky', async () => {
    const server = https.createServer();
    server.listen(0, '127.0.0.1'); // leak: handle
    await once(server, 'listening');
  });
  test('clean', async () => {
    const server = https.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await stop(server);
  });
});

test.describe('tls server', () => {
  test('leaky', async () => {
    const server = tls.createServer();
    server.listen(0, '127.0.0.1'); // leak: handle
    await once(server, 'listening');
  });
  test('clean', async () => {
    const server = tls.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await stop(server);
  });
});

test.describe('http2 server', () => {
  test('leaky', async () => {
    const server = http2.createServer();
    server.listen(0, '127.0.0.1'); // leak: handle
    await once(server, 'listening');
  });
  test('clean', async () => {
    const server = http2.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  });
});

test.describe('Unix socket server', () => {
  test('leaky', async () => {
    const server = net.createServer();
    server.listen(socketPath('leaky')); // leak: handle
    await once(server, 'listening');
  });
  test('clean', async () => {
    const server = net.createServer();
    server.listen(socketPath('clean'));
    await once(server, 'listening');
    await stop(server);
  });
});

test.describe('UDP socket', () => {
  test('leaky', async () => {
    const socket = dgram.createSocket('udp4'); // leak: handle
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  });
  test('clean', async () => {
    const socket = dgram.createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  });
});

test.describe('UDP socket that sends to a host name', () => {
  test('leaky', async () => {
    const socket = dgram.createSocket('udp4'); // leak: handle
    await new Promise((resolve) => {
      socket.send('ping', 9, 'localhost', resolve);
    });
  });
  test('clean', async () => {
    const socket = dgram.createSocket('udp4');
    await new Promise((resolve) => {
      socket.send('ping', 9, 'localhost', resolve);
    });
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  });
});

test.describe('a server started in another file', () => {
  test('leaky', async () => {
    await listen(); // charged: #listen
  });
  test('clean', async () => {
    await stop(await listen());
  });
});

test.describe('a server with a client inside the test', () => {
  test('leaky', async () => {
    const server = net.createServer((socket) => socket.resume());
    server.listen(0, '127.0.0.1'); // leak: handle
    await once(server, 'listening');
    const client = net.connect(portOf(server), '127.0.0.1'); // leak: handle
    await once(client, 'connect');
  });
  test('clean', async () => {
    const server = http.createServer((_request, response) => response.end('ok'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const agent = new http.Agent({ keepAlive: true });
    const [response] = (await once(http.get(urlOf(server), { agent }), 'response')) as [http.IncomingMessage];
    response.resume();
    await once(response, 'close');
    agent.destroy();
    await stop(server);
  });
});

test.describe('a connection that outlives its server', () => {
  let connector: ChildProcess;

  test.beforeAll(async () => {
    connector = fork(new URL('./support/connector.js', import.meta.url));
    await once(connector, 'message');
  });
  test.afterAll(() => {
    connector.kill();
  });

  test('leaky', async () => {
    const server = net.createServer((socket) => socket.resume());
    server.listen(0, '127.0.0.1'); // leak: handle
    await once(server, 'listening');
    connector.send(portOf(server));
    await once(server, 'connection');
    server.close();
  });
  test('clean', async () => {
    const server = net.createServer((socket) => socket.resume());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    connector.send(portOf(server));
    const [connection] = (await once(server, 'connection')) as [net.Socket];
    server.close();
    connection.destroy();
  });
});
