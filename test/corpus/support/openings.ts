import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import type { Browser, BrowserContext } from '@playwright/test';

// Openings in another file than the test: the origin is the line here, in the suite's own code.

export function openLog(file: string): number {
  return fs.openSync(file, 'a'); // leak: fd #openLog
}

export function startSleeper(): ChildProcess {
  return spawn('sleep', ['600']); // leak: process #startSleeper
}

export function poll(check: () => void): NodeJS.Timeout {
  return setInterval(check, 50); // leak: handle #poll
}

export function listen(): Promise<net.Server> {
  const server = net.createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server)); // leak: handle #listen
  });
}

export async function signIn(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext(); // leak: context #signIn
  await context.newPage();
  return context;
}
