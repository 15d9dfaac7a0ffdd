import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createFdProbe } from '../../src/probes/fds.ts';
import { NO_OPENINGS } from '../../src/probes/openings.ts';
import type { ResourceProbe } from '../../src/probes/probe.ts';
import { createProcessProbe } from '../../src/probes/processes.ts';

/** Growth of the cost for ten times as many resources that still counts as linear: a quadratic probe shows 100. */
const LINEAR = 40;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Fastest of several rounds, in microseconds: noise only ever adds. */
function cost(act: () => unknown, rounds = 15): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const started = process.hrtime.bigint();
    act();
    fastest = Math.min(fastest, Number(process.hrtime.bigint() - started) / 1000);
  }
  return fastest;
}

interface Row {
  readonly what: string;
  readonly few: number;
  readonly many: number;
}

function print(title: string, rows: readonly Row[]): void {
  const lines = rows.map(
    ({ what, few, many }) =>
      `${what.padEnd(12)} ${few.toFixed(0).padStart(8)} µs ${many.toFixed(0).padStart(8)} µs   ×${(many / few).toFixed(1)}`,
  );
  console.log(`\n${title}\n${lines.join('\n')}`);
}

function measure(
  probe: ResourceProbe,
  before: ReadonlySet<string>,
): { readonly read: number; readonly stillOpen: number; readonly describe: number } {
  const keys = [...probe.read()].filter((key) => !before.has(key));
  return { read: cost(() => probe.read()), stillOpen: cost(() => probe.stillOpen(keys)), describe: cost(() => probe.describe(keys), 5) };
}

function judge(title: string, few: ReturnType<typeof measure>, many: ReturnType<typeof measure>): void {
  const rows = (['read', 'stillOpen', 'describe'] as const).map((what) => ({ what, few: few[what], many: many[what] }));
  print(title, rows);
  for (const row of rows) expect(row.many / row.few, row.what).toBeLessThan(LINEAR);
}

describe('the cost of a snapshot', () => {
  it('in a typical worker: about 30 descriptors, no children', () => {
    const fds = createFdProbe();
    const processes = createProcessProbe({ openings: NO_OPENINGS, marks: { LEAK_BENCH: '1' } });
    for (const probe of [fds, processes]) probe.start();
    const opened = Array.from({ length: Math.max(0, 30 - fds.read().size) }, () => openSync('/dev/null', 'r'));
    const quiet = cost(() => processes.read(), 100);
    print('one reading of a typical worker (fds, then processes)', [
      { what: 'fds ← processes', few: quiet, many: cost(() => fds.read(), 100) },
    ]);
    expect(fds.read().size).toBeGreaterThanOrEqual(30);
    for (const fd of opened) closeSync(fd);
  });

  it('grows with the number of files', () => {
    const probe = createFdProbe();
    probe.start();
    const before = probe.read();
    const opened: number[] = [];
    const grow = (to: number): void => {
      while (opened.length < to) opened.push(openSync('/dev/null', 'r'));
    };
    grow(1000);
    const few = measure(probe, before);
    grow(10_000);
    const many = measure(probe, before);
    for (const fd of opened) closeSync(fd);
    judge('1,000 → 10,000 files', few, many);
  });

  it('grows with the number of sockets', async () => {
    const probe = createFdProbe();
    probe.start();
    const before = probe.read();
    const servers: Server[] = [];
    cleanups.push(() => {
      for (const server of servers) server.close();
    });
    const grow = async (to: number): Promise<void> => {
      while (servers.length < to) {
        const server = createServer().listen(0, '127.0.0.1');
        servers.push(server);
        await once(server, 'listening');
      }
    };
    await grow(300);
    const few = measure(probe, before);
    await grow(3000);
    judge('300 → 3,000 listening sockets', few, measure(probe, before));
  });

  it('grows with the number of children', async () => {
    const probe = createProcessProbe({ openings: NO_OPENINGS, marks: { LEAK_BENCH: '1' } });
    probe.start();
    const before = probe.read();
    const children: ChildProcess[] = [];
    cleanups.push(async () => {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(
        children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null).map((child) => once(child, 'exit')),
      );
    });
    const grow = (to: number): void => {
      while (children.length < to) children.push(spawn('sleep', ['1000'], { stdio: 'ignore' }));
    };
    grow(50);
    const few = measure(probe, before);
    grow(500);
    expect([...probe.read()].filter((key) => !before.has(key))).toHaveLength(500);
    judge('50 → 500 children', few, measure(probe, before));
  });
});
