import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import type { LeakReport } from '../../src/core/report.ts';
import { SoakFile } from '../../src/stability/soakFile.ts';
import { listJournals } from '../../src/stability/soakFolder.ts';
import { createMark, type Mark } from './markedProcesses.ts';
import { inheritedEnvironment, installInto } from './runPlaywright.ts';

/** `leak soak` as a process, in a suite in which this package is installed. */
export interface SoakProcess {
  /** What it has printed, on both outputs. */
  readonly output: string;
  /** Everything it has started. */
  readonly mark: Mark;
  /** Settles when the output matches, or rejects when the process ends before. */
  until(pattern: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<number | null>;
}

export function startSoak(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): SoakProcess {
  installInto(cwd);
  const mark = createMark();
  const command = path.join(cwd, 'node_modules/leak/dist/src/cli/main.js');
  const child = spawn(process.execPath, [command, 'soak', ...args], {
    cwd,
    env: { ...inheritedEnvironment(), ...mark.env, PLAYWRIGHT_LEAK_OUTPUT_DIR: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let over = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const check of waiting) check();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      wake();
    });
  }
  const ended = once(child, 'exit').then(([code]) => {
    over = true;
    wake();
    return code as number | null;
  });
  return {
    get output() {
      return output;
    },
    mark,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (pattern.test(output)) resolve();
          else if (over) reject(new Error(`${String(pattern)} was never printed:\n${output}`));
          else return;
          waiting.delete(check);
        };
        waiting.add(check);
        check();
      }),
    kill: (signal) => child.kill(signal),
    ended,
  };
}

/** Runs it to its end. */
export async function soak(cwd: string, args: readonly string[]): Promise<{ exitCode: number | null; output: string; mark: Mark }> {
  const running = startSoak(cwd, args);
  const exitCode = await running.ended;
  return { exitCode, output: running.output, mark: running.mark };
}

/** What lies in the suite's `leak-report` now. */
export function reportIn(cwd: string): LeakReport {
  return JSON.parse(fs.readFileSync(path.join(cwd, 'leak-report/report.json'), 'utf8')) as LeakReport;
}

/** The journal of a scenario, read to its end. */
export function journalIn(cwd: string, scenario: string): SoakFile {
  const place = listJournals(path.join(cwd, 'leak-report/soak')).find((name) => path.basename(name).startsWith(`${scenario}-`));
  if (place === undefined) throw new Error(`there is no journal of ${scenario}`);
  const file = new SoakFile(place);
  file.read();
  return file;
}
