import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import type { BrowserLike, BrowserServerLike, BrowserTypeLike, ContextLike, PageLike } from '../../../src/resilience/browserTypes.ts';

/** What can go wrong, or wait, in a {@link ChildBrowserType}; each is called where the name says, and its promise is waited for. */
export interface Faults {
  onLaunch: () => unknown;
  onConnect: () => unknown;
  onNewContext: () => unknown;
  onNewPage: () => unknown;
  onPageClose: () => unknown;
  onContextClose: () => unknown;
  onServerClose: () => unknown;
  /** Whether a server tells that it has tidied up after its process. */
  tidies: boolean;
  /** Whether a browser tells that the connection to its process is gone. */
  disconnects: boolean;
}

/**
 * A browser type whose browsers are real processes, so that pids, groups, descriptors and signals are real, and nothing else: a shell
 * that obeys what it is told. It fails on command, which a Chromium does not.
 */
export class ChildBrowserType implements BrowserTypeLike<ChildBrowser> {
  readonly faults: Faults = {
    onLaunch: () => {},
    onConnect: () => {},
    onNewContext: () => {},
    onNewPage: () => {},
    onPageClose: () => {},
    onContextClose: () => {},
    onServerClose: () => {},
    tidies: true,
    disconnects: true,
  };
  readonly launchOptions: Record<string, unknown>[] = [];
  readonly servers: ChildServer[] = [];

  async launchServer(options: { env?: NodeJS.ProcessEnv } = {}): Promise<ChildServer> {
    this.launchOptions.push({ ...options });
    const server = new ChildServer(this.faults, options.env ?? {});
    this.servers.push(server);
    try {
      await Promise.race([this.faults.onLaunch(), server.exited.then(() => Promise.reject(new Error('the process has gone')))]);
    } catch (error) {
      await server.kill();
      throw error;
    }
    return server;
  }

  async connect(endpoint: string): Promise<ChildBrowser> {
    await this.faults.onConnect();
    const server = this.servers.find((one) => one.wsEndpoint() === endpoint);
    if (server === undefined) throw new Error(`nobody listens at ${endpoint}`);
    return new ChildBrowser(server, this.faults);
  }

  /** Ends whatever a test has left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.faults.tidies = true;
    for (const server of this.servers) await server.kill();
  }
}

export class ChildServer extends EventEmitter implements BrowserServerLike {
  readonly exited: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #faults: Faults;

  constructor(faults: Faults, env: NodeJS.ProcessEnv) {
    super();
    this.#faults = faults;
    const obey = 'while read -r order; do eval "$order"; echo done; done';
    this.#child = spawn('sh', ['-c', obey], { detached: true, env, stdio: ['pipe', 'pipe', 'ignore'] });
    this.exited = once(this.#child, 'exit').then(() => {
      if (faults.tidies) this.emit('close');
    });
  }

  process(): ChildProcess {
    return this.#child;
  }

  wsEndpoint(): string {
    return `child:${String(this.#child.pid)}`;
  }

  /** Has the shell carry out an order, such as `exec 7</dev/null`, and waits until it has. */
  async tell(order: string): Promise<void> {
    const { stdin, stdout } = this.#child;
    if (stdin === null || stdout === null) throw new Error('a shell without streams');
    const done = once(stdout, 'data');
    stdin.write(`${order}\n`);
    await done;
  }

  async close(): Promise<void> {
    await this.#faults.onServerClose();
    this.#child.stdin?.end();
    await this.exited;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}

export class ChildBrowser extends EventEmitter implements BrowserLike {
  readonly server: ChildServer;
  readonly #faults: Faults;
  readonly #contexts = new Set<ChildContext>();

  constructor(server: ChildServer, faults: Faults) {
    super();
    this.server = server;
    this.#faults = faults;
    void server.exited.then(() => {
      if (faults.disconnects) this.emit('disconnected');
    });
  }

  async newContext(options: object = {}): Promise<ChildContext> {
    await this.#faults.onNewContext();
    const context = new ChildContext(options, this.#faults, () => this.#contexts.delete(context));
    this.#contexts.add(context);
    return context;
  }

  contexts(): ChildContext[] {
    return [...this.#contexts];
  }

  async close(): Promise<void> {
    await this.server.close();
  }
}

export class ChildContext implements ContextLike {
  readonly options: object;
  readonly #faults: Faults;
  readonly #onClosed: () => void;

  constructor(options: object, faults: Faults, onClosed: () => void) {
    this.options = options;
    this.#faults = faults;
    this.#onClosed = onClosed;
  }

  async newPage(): Promise<PageLike> {
    await this.#faults.onNewPage();
    return {
      close: async () => {
        await this.#faults.onPageClose();
      },
    };
  }

  async close(): Promise<void> {
    await this.#faults.onContextClose();
    this.#onClosed();
  }
}
