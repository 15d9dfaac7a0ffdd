import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * `open`: shows its offers · `failing`: answers with 500 · `missing`: answers with 404 · `silent`: accepts and never answers ·
 * `frozen`: a page whose script never ends
 */
export type Behaviour = 'open' | 'failing' | 'missing' | 'silent' | 'frozen';

const OFFERS = { 'Green tea': 4.5, 'Tea pot': 24, Cup: 6 };

/** A marketplace that runs on this machine and can be made to misbehave. */
export class Marketplace implements AsyncDisposable {
  behaviour: Behaviour = 'open';
  /** Visitors so far. */
  visits = 0;
  readonly url: string;
  readonly #server: Server;
  readonly #events = new EventEmitter();

  /** Opens one on a free port, or again on the port it had. */
  static async open(port = 0): Promise<Marketplace> {
    const server = createServer();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new Marketplace(server);
  }

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${this.port}/`;
    server.on('request', (request, response) => this.#answer(request, response));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The next visitor has come. */
  async visitor(): Promise<void> {
    await once(this.#events, 'visit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    // Browsers ask for an icon too.
    if (request.url !== '/') return void response.writeHead(404).end();
    this.visits += 1;
    this.#events.emit('visit');
    if (this.behaviour === 'silent') return;
    if (this.behaviour === 'failing') return void response.writeHead(500).end('failing');
    if (this.behaviour === 'missing') return void response.writeHead(404).end('missing');
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(this.behaviour === 'frozen' ? '<script>for (;;);</script>' : page());
  }
}

function page(): string {
  const offers = Object.entries(OFFERS).map(([title, price]) => `<li data-price="${price}">${title}</li>`);
  return `<!doctype html><title>Tea market</title><h1>Tea market</h1><ul>${offers.join('')}</ul>`;
}
