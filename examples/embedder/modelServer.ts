import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** `open`: answers · `busy`: 429, until a client has come twice · `held`: answers when told to · `broken`: answers with no vector */
export type Behaviour = 'open' | 'busy' | 'held' | 'broken';

/** A model on this machine. Its vectors are the lengths of the text's words. */
export class ModelServer implements AsyncDisposable {
  behaviour: Behaviour = 'open';
  requests = 0;
  readonly url: string;
  readonly #server: Server;
  readonly #events = new EventEmitter();
  readonly #held: (() => void)[] = [];

  static async open(): Promise<ModelServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ModelServer(server);
  }

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/embed`;
    server.on('request', (request, response) => this.#answer(request, response));
  }

  /** The next request has come. */
  async request(): Promise<void> {
    await once(this.#events, 'request');
  }

  /** How many requests wait for their answer. */
  get held(): number {
    return this.#held.length;
  }

  /** Answers what it held back, and from now on everything. */
  release(): void {
    this.behaviour = 'open';
    for (const answer of this.#held.splice(0)) answer();
  }

  async connections(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    this.#events.emit('request');
    const words = (JSON.parse(await text(request)) as { text: string }).text.split(' ');
    if (this.behaviour === 'busy' && this.requests % 2 === 1) return void response.writeHead(429, { 'retry-after': '0' }).end('busy');
    const vector = this.behaviour === 'broken' ? 'none' : words.map(({ length }) => length);
    const answer = (): void => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ vector }));
    if (this.behaviour === 'held') this.#held.push(answer);
    else answer();
  }
}
