import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const library = pathToFileURL(path.resolve(import.meta.dirname, '../../dist/src/resilience/index.js')).href;

/** What every program of this file begins with. Its words go out at once: the process may end with the next line. */
const PREAMBLE = `
  import { writeSync } from 'node:fs';
  import { BrowserPool, CircuitBreaker, createHealthServer, createMetrics, ExponentialBackoff, Lifecycle, Pool, retry, Semaphore } from '${library}';
  const say = (word) => writeSync(1, word + '\\n');
`;

/** A server whose cleanup takes a while; \`hangs\` decides whether it ever ends. */
const server = (hangs: boolean): string => `
  const lifecycle = new Lifecycle({ timeout: 5_000 });
  lifecycle.add('flush', () => say('flushed'));
  lifecycle.add('browsers', {
    async [Symbol.asyncDispose]() {
      say('closing');
      setTimeout(() => say('a while later'), 300);
      await new Promise((resolve) => { if (!${hangs}) setTimeout(resolve, 350); });
      say('closed');
    },
    kill: () => say('killed'),
  });
  lifecycle.handleSignals();
  setInterval(() => {}, 1_000);
  say('ready');
`;

interface ProgramOptions {
  readonly wrapped?: boolean;
  /** Its soft and hard limit of descriptors. */
  readonly maxFds?: number;
}

class Program {
  readonly words: string[] = [];
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown[]>;

  constructor(source: string, { wrapped = false, maxFds }: ProgramOptions = {}) {
    const args = ['--input-type=module', '-e', wrapped ? `${WRAPPER}(${JSON.stringify(PREAMBLE + source)})` : PREAMBLE + source];
    const limited = ['-c', `ulimit -n ${maxFds ?? ''} && exec "$0" "$@"`, process.execPath, ...args];
    const [command, ...all] = maxFds === undefined ? [process.execPath, ...args] : ['/bin/sh', ...limited];
    this.#process = spawn(command ?? '', all, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    if (this.#process.stdout === null) throw new Error('no stdout');
    this.#ended = once(this.#process, 'close');
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  async said(word: string): Promise<void> {
    while (!this.words.includes(word)) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`ended before it said ${word}, after ${this.words.join(', ')}`);
      this.words.push(value);
    }
  }

  signal(signal: NodeJS.Signals, { group = false }: { group?: boolean } = {}): void {
    const { pid } = this.#process;
    if (pid !== undefined) process.kill(group ? -pid : pid, signal);
  }

  /** Exit code and signal, and everything that was said. */
  async end(): Promise<{ code: unknown; signal: unknown; words: string[] }> {
    for (let line = await this.#lines.next(); line.done !== true; line = await this.#lines.next()) this.words.push(line.value);
    const [code, signal] = await this.#ended;
    return { code, signal, words: this.words };
  }

  kill(): void {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.signal('SIGKILL', { group: true });
  }
}

/** Does what \`npx\` does: starts the program in its own group, and passes on the signals that it gets itself. */
const WRAPPER = `(async (source) => {
  const { spawn } = await import('node:child_process');
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 99));
})`;

const running: Program[] = [];

function start(source: string, options?: ProgramOptions): Program {
  const program = new Program(source, options);
  running.push(program);
  return program;
}

afterEach(() => {
  for (const program of running.splice(0)) program.kill();
});

describe('a program that handles signals', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('cleans up on %s and ends with %d', async (signal, code) => {
    const program = start(server(false));
    await program.said('ready');
    program.signal(signal);
    expect(await program.end()).toEqual({ code, signal: null, words: ['ready', 'closing', 'a while later', 'closed', 'flushed'] });
  });

  it('does not skip its cleanup when one SIGINT is delivered twice within milliseconds', async () => {
    const program = start(server(false));
    await program.said('ready');
    program.signal('SIGINT');
    await program.said('closing');
    program.signal('SIGINT');
    expect(await program.end()).toEqual({ code: 130, signal: null, words: ['ready', 'closing', 'a while later', 'closed', 'flushed'] });
  });

  it('does not skip its cleanup behind a runner that passes on what the whole group got, as npx does', async () => {
    const program = start(server(false), { wrapped: true });
    await program.said('ready');
    program.signal('SIGINT', { group: true });
    expect(await program.end()).toEqual({ code: 130, signal: null, words: ['ready', 'closing', 'a while later', 'closed', 'flushed'] });
  });

  it('kills first and then ends, without waiting for what hangs, on a second SIGINT that is meant', async () => {
    const program = start(server(true));
    await program.said('ready');
    program.signal('SIGINT');
    await program.said('a while later');
    program.signal('SIGINT');
    expect(await program.end()).toEqual({ code: 130, signal: null, words: ['ready', 'closing', 'a while later', 'killed', 'flushed'] });
  });

  it('ends in its time when something hangs and nobody sends a second signal', async () => {
    const program = start(server(true));
    await program.said('ready');
    program.signal('SIGTERM');
    expect(await program.end()).toEqual({ code: 143, signal: null, words: ['ready', 'closing', 'a while later', 'killed', 'flushed'] });
  });
});

describe('a program that has nothing else to do', () => {
  it.each([
    ['a back-off', `await new ExponentialBackoff({ baseDelay: 50, jitter: 'none' }).wait(0);`],
    [
      'a retry',
      `await retry(({ attempt }) => { if (attempt < 2) throw new Error(); }, { backoff: new ExponentialBackoff({ baseDelay: 20 }) });`,
    ],
    ['a deadline', `await retry(() => new Promise(() => {}), { deadline: 50 }).catch(() => {});`],
    ['a permit', `const s = new Semaphore(1); await s.acquire(); await s.acquire({ timeout: 50 }).catch(() => {});`],
    [
      'a resource whose first start failed',
      `let starts = 0;
       const create = () => { if (++starts === 1) throw new Error('not yet'); return starts; };
       const pool = new Pool({ create, max: 1, acquireTimeout: Infinity });
       await pool.acquire().catch(() => {});
       await pool.acquire();`,
    ],
    [
      'a lease',
      `const p = new Pool({ create: () => 1, max: 1, acquireTimeout: 50 }); await p.acquire(); await p.acquire().catch(() => {});`,
    ],
    [
      'a lease, for a time of its own',
      `const p = new Pool({ create: () => 1, max: 1, acquireTimeout: Infinity });
       await p.acquire();
       await p.acquire({ timeout: 50 }).catch(() => {});`,
    ],
    [
      'a start that does not end',
      `const p = new Pool({ create: ({ signal }) => new Promise((_, no) => signal.addEventListener('abort', no)), max: 1, createTimeout: 50, acquireTimeout: Infinity });
       await p.acquire().catch(() => {});`,
    ],
    [
      'work that ignores its abort',
      `const p = new Pool({ create: () => 1, max: 1, closeTimeout: 50 });
       const abort = new AbortController();
       const used = p.use(() => new Promise(() => {}), { signal: abort.signal });
       setTimeout(() => abort.abort(), 20);
       await used.catch(() => {});`,
    ],
    [
      'a shutdown of a pool, whatever it has to leave',
      `const never = () => new Promise(() => {});
       const p = new Pool({ create: () => 1, destroy: never, kill: never, max: 1 });
       await p.acquire();
       await p.close({ timeout: 1_050 });`,
    ],
    [
      'the end of a resource that must be killed',
      `const pool = new Pool({ create: () => 1, destroy: () => new Promise(() => {}), kill: () => say('killed'), max: 1, maxUses: 1, closeTimeout: 50 });
       await pool.use(() => {});
       await pool.acquire({ timeout: Infinity });`,
      ['killed', 'over'],
    ],
    [
      'the clean-up of a resource that hangs',
      `const pool = new Pool({ create: () => 1, reset: () => new Promise(() => {}), max: 1, closeTimeout: 50 });
       await pool.use(() => {});`,
    ],
    [
      'the check of a resource that hangs',
      `const pool = new Pool({ create: () => 1, validate: () => new Promise(() => {}), max: 1, validateTimeout: 50 });
       await (await pool.acquire()).release({ failed: true });`,
    ],
    ['a shutdown', `const l = new Lifecycle({ timeout: 100 }); l.add('x', () => new Promise(() => {})); await l.shutdown();`],
  ])('waits for %s to end, and then ends by itself', async (_, source, words = ['over']) => {
    expect(await start(`${source} say('over');`).end()).toEqual({ code: 0, signal: null, words });
  });

  it.runIf(process.platform === 'linux')('and no descriptor left keeps its browsers, and can still tell of them', async () => {
    const source = `
      const { closeSync, openSync } = await import('node:fs');
      const { spawn } = await import('node:child_process');
      const child = spawn('sleep', ['600'], { detached: true });
      const on = (event, listener) => event === 'close' && child.once('exit', listener);
      const end = async () => void child.kill('SIGKILL');
      const server = { process: () => child, wsEndpoint: () => '', close: end, kill: end, on };
      const closes = async () => {};
      const browser = { contexts: () => [], newContext: async () => ({ newPage: async () => ({ close: closes }), close: closes }), on() {} };
      const pool = new BrowserPool({ browserType: { launchServer: async () => server, connect: async () => browser } });
      const lease = await pool.acquire();
      const opened = [];
      try { for (;;) opened.push(openSync('/dev/null')); } catch ({ code }) { say(code); }
      await lease.release();
      const { replaced, idle, browsers } = pool.stats();
      for (const fd of opened) closeSync(fd);
      say(JSON.stringify([replaced.health, idle, browsers[0].fds]));
      await pool.close();
    `;
    const { code, words } = await start(source, { maxFds: 100 }).end();
    expect([code, words]).toEqual([0, ['EMFILE', '[0,1,null]']]);
  });

  it('is not kept alive by what it has used', async () => {
    const source = `
      const breaker = new CircuitBreaker({ failureThreshold: 1 });
      for (let i = 0; i < 100; i += 1) await breaker.execute('k' + i, () => Promise.reject(new Error())).catch(() => {});
      const semaphore = new Semaphore(1);
      await semaphore.run(() => {}, { timeout: 600_000, signal: new AbortController().signal });
      await retry(() => 1, { deadline: 600_000 });
      const lifecycle = new Lifecycle();
      lifecycle.handleSignals();
      const metrics = createMetrics({ lifecycle });
      const server = await createHealthServer({ port: 0, registry: metrics.registry, lifecycle });
      await (await fetch(server.url + '/metrics')).text();
      await server.close();
      say(process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length + ' timers');
      await Promise.resolve();
    `;
    const { code, words } = await start(source).end();
    expect([code, words]).toEqual([0, ['0 timers']]);
  });
});
