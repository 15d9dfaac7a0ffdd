import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A chat on this machine: whatever is said comes back in capitals. */
export class ChatSite implements AsyncDisposable {
  /** Accepts visitors and never answers them. */
  silent = false;
  readonly url: string;
  readonly #server: Server;
  readonly #events = new EventEmitter();

  static async open(): Promise<ChatSite> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ChatSite(server);
  }

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    server.on('request', (request, response) => this.#answer(request, response));
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
    if (request.url !== '/') return void response.writeHead(404).end();
    this.#events.emit('visit');
    if (!this.silent) response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE);
  }
}

const PAGE = `<!doctype html><title>Chat</title>
<form><input aria-label="Message"><button>Send</button></form><ul></ul>
<script>
  const form = document.querySelector('form');
  form.onsubmit = (event) => {
    event.preventDefault();
    const reply = document.createElement('li');
    reply.textContent = form.elements[0].value.toUpperCase();
    document.querySelector('ul').append(reply);
    form.reset();
  };
</script>`;
