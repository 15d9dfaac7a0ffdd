import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { HttpPool } from '../../resilience/httpPool.ts';
import { createBareClient, type HttpResponse } from '../../resilience/undici.ts';
import type { Benchmark, BenchPlace, Prepared } from './benchmark.ts';

const CONNECTIONS = 10;

/** A server in a thread of its own, so that its work is not the clients'. */
const SERVER = `
const { parentPort } = require('node:worker_threads');
const server = require('node:http').createServer((_request, response) => response.end('{"price":42}'));
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

interface Client {
  get(url: string): Promise<string>;
  close(): Promise<unknown>;
}

const text = async (response: Promise<HttpResponse>): Promise<string> => (await response).body.text();

function pooled(): Client {
  const pool = new HttpPool({ connections: CONNECTIONS });
  return { get: async (url) => text(pool.request(url)), close: async () => pool.close() };
}

function bare(): Client {
  const client = createBareClient(CONNECTIONS);
  return { get: async (url) => text(client.get(url)), close: async () => client.destroy() };
}

function clientPerRequest(): Client {
  return {
    async get(url) {
      const client = bare();
      try {
        return await client.get(url);
      } finally {
        await client.close();
      }
    },
    close: async () => {},
  };
}

async function prepare(create: () => Client, { lifecycle }: BenchPlace): Promise<Prepared> {
  const server = new Worker(SERVER, { eval: true });
  const client = create();
  const close = async (): Promise<void> => {
    await client.close();
    await server.terminate();
  };
  const forget = lifecycle.add('http client', { close });
  const [port] = (await once(server, 'message')) as [number];
  const url = `http://127.0.0.1:${port}/`;
  return { ready: true, round: async () => client.get(url), close: async () => close().finally(forget) };
}

/** One request after the other to a server on this machine. */
export const httpBenchmarks: readonly Benchmark[] = [
  { group: 'http', name: 'bare undici', baseline: true, operations: 1, prepare: async (place) => prepare(bare, place) },
  { group: 'http', name: 'HttpPool', operations: 1, prepare: async (place) => prepare(pooled, place) },
  { group: 'http', name: 'a client per request', operations: 1, prepare: async (place) => prepare(clientPerRequest, place) },
];
