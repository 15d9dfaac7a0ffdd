import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const PRODUCTS = [
  { id: 'tea', name: 'Green tea', price: 4.5, stock: 12 },
  { id: 'pot', name: 'Tea pot', price: 24, stock: 3 },
  { id: 'cup', name: 'Cup', price: 6, stock: 40 },
];

/** A shop that runs: where it is, and how to close it. */
export interface Shop {
  readonly url: string;
  close(): Promise<void>;
}

/** Opens a small web shop on a free port: a catalogue with a basket, a stock API, and the orders as CSV. */
export async function openShop(): Promise<Shop> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const page = request.url === '/' ? { type: 'text/html; charset=utf-8', body: catalogue() } : undefined;
  const stock = request.url === '/api/stock' ? { type: 'application/json', body: JSON.stringify(PRODUCTS) } : undefined;
  const orders = request.url === '/orders.csv' ? { type: 'text/csv', body: 'order,product\n1,tea\n2,pot\n' } : undefined;
  const found = page ?? stock ?? orders;
  response.writeHead(found ? 200 : 404, { 'content-type': found?.type ?? 'text/plain' });
  response.end(found?.body ?? 'not found');
}

function catalogue(): string {
  const items = PRODUCTS.map(({ id, name, price }) => `<li>${name} ${price} € <button data-id="${id}">Add ${name}</button></li>`);
  return `<!doctype html><title>Tea shop</title><h1>Tea shop</h1><ul>${items.join('')}</ul>
<p>In the basket: <output>0</output></p>
<script>
  const count = document.querySelector('output');
  for (const button of document.querySelectorAll('button')) button.onclick = () => (count.value = Number(count.value) + 1);
</script>`;
}
