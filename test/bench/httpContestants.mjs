/** HTTP clients against a server in a process of its own, so that its CPU time is not theirs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'undici';
import { HttpPool } from '../../dist/src/resilience/index.js';

export const BATCH = 200;
const CONNECTIONS = 10;

/** It ends with whoever started it: its stdin closes then. */
const SERVER = `
const server = require('node:http').createServer((_request, response) => response.end('{"price":42}'));
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit());
`;

async function serve() {
  const server = spawn(process.execPath, ['-e', SERVER], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [port] = await once(server.stdout, 'data');
  return `http://127.0.0.1:${String(port).trim()}/`;
}

const oneByOne = async (get) => {
  for (let index = 0; index < BATCH; index += 1) await get();
};

const tenAtOnce = async (get) => {
  const client = async () => {
    for (let index = 0; index < BATCH / CONNECTIONS; index += 1) await get();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
};

const scenario = (shape) => ({
  async leak() {
    const url = await serve();
    const pool = new HttpPool({ connections: CONNECTIONS });
    return () => shape(async () => (await pool.request(url)).body.text());
  },
  async 'bare undici'() {
    const url = await serve();
    const dispatcher = new Agent({ connections: CONNECTIONS });
    return () => shape(async () => (await request(url, { dispatcher })).body.text());
  },
  async 'a client per request'() {
    const url = await serve();
    return () =>
      shape(async () => {
        const dispatcher = new Agent();
        await (await request(url, { dispatcher })).body.text();
        await dispatcher.destroy();
      });
  },
});

export const scenarios = { 'one by one': scenario(oneByOne), 'ten at once': scenario(tenAtOnce) };
