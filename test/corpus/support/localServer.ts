import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';

const PAGES: Record<string, string> = {
  '/': '<title>Shop</title><h1>Shop</h1><button onclick="document.title = \'Clicked\'">Buy</button>',
  '/popup': '<title>Popup</title><h1>Popup</h1>',
  '/opener': '<title>Opener</title><button onclick="window.open(\'/popup\')">Open</button>',
  '/download': '<title>Download</title><a href="/file" download="file.txt">Get</a>',
  '/fetching': '<title>Fetching</title><script>fetch("/api").then(r => r.text()).then(t => document.title = t)</script>',
};

/** One for all responses, so that a connection that leaks does not keep megabytes as well. */
const LARGE = Buffer.alloc(8 * 1024 * 1024);

/** A shop small enough for a test: pages, `/api`, `/file`, `/large`, a body too big to wait in socket buffers, and `/hold`, which never answers. */
export async function startShop(): Promise<http.Server> {
  const server = http.createServer((request, response) => {
    if (request.url === '/large') {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      response.end(LARGE);
      return;
    }
    if (request.url === '/hold') return;
    if (request.url === '/file') response.setHeader('content-disposition', 'attachment; filename="file.txt"');
    const page = PAGES[request.url ?? ''];
    response.setHeader('content-type', page === undefined ? 'text/plain' : 'text/html');
    response.end(page ?? 'ok');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** A TCP server that answers whatever it is sent. */
export async function startEcho(): Promise<net.Server> {
  const server = net.createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

export function portOf(server: net.Server): number {
  return (server.address() as AddressInfo).port;
}

export function urlOf(server: http.Server, path = '/'): string {
  return `http://127.0.0.1:${String(portOf(server))}${path}`;
}

/** Closes a server and whatever is still connected to it. */
export async function stop(server: net.Server): Promise<void> {
  if (server instanceof http.Server) server.closeAllConnections();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}
