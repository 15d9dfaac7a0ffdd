import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A market whose page finds offers without loading anew, and keeps what it found before. */
export interface Market {
  readonly url: string;
  close(): Promise<void>;
}

export async function openMarket(): Promise<Market> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(request.url === '/' ? 200 : 204, { 'content-type': 'text/html; charset=utf-8' });
    response.end(request.url === '/' ? PAGE : undefined);
  });
  // It never closes a connection that rests: who opened it has to.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const PAGE = `<!doctype html><title>Market</title><link rel="icon" href="data:,"><button>Search</button>
<script>
  document.querySelector('button').onclick = () => {
    const found = document.createElement('ul');
    for (let item = 0; item < 10; item += 1) found.append(Object.assign(document.createElement('li'), { textContent: 'Tea ' + item }));
    document.body.append(found);
    addEventListener('resize', () => found.toggleAttribute('hidden'));
  };
</script>`;
