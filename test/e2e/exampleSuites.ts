import fs from 'node:fs';
import path from 'node:path';
import { Semaphore } from '../../src/resilience/semaphore.ts';
import { createSuite, launchOptions, runPlaywright, type PlaywrightRun } from './runPlaywright.ts';

const examples = path.resolve(import.meta.dirname, '../../examples');
const ARTIFACTS = ['node_modules', 'test-results', 'leak-report'];
const suites: string[] = [];
/** Each run has browsers of its own; more of them at once than there are cores would only wait for each other. */
const turns = new Semaphore(2);

/** A change to a file of an example: `text` stands there exactly once, and `instead` is what the broken twin has. */
export interface Breakage {
  readonly file: string;
  readonly text: string;
  readonly instead: string;
}

export interface ExampleRun {
  /** Only tests whose title contains this. */
  readonly grep?: string;
  readonly breakages?: readonly Breakage[];
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** Copies the examples into a project of their own, as a user would, breaks them where asked, and runs the suite of one of them. */
export async function runExample(
  name: string,
  { grep = '', breakages = [], env = {}, args = [] }: ExampleRun = {},
): Promise<PlaywrightRun> {
  return turns.run(async () => {
    const cwd = createSuite(`example-${name}`);
    suites.push(cwd);
    const copy = path.join(cwd, 'examples');
    fs.cpSync(examples, copy, { recursive: true, filter: (source) => !ARTIFACTS.includes(path.basename(source)) });
    for (const { file, text, instead } of breakages) {
      const target = path.join(copy, name, file);
      const parts = fs.readFileSync(target, 'utf8').split(text);
      if (parts.length !== 2) throw new Error(`${file} of ${name} has ${JSON.stringify(text)} ${parts.length - 1} times; expected once`);
      fs.writeFileSync(target, parts.join(instead));
    }
    const { executablePath } = JSON.parse(launchOptions()) as { executablePath?: string };
    return runPlaywright({
      cwd,
      files: { 'package.json': '{"type":"module"}' },
      args: ['-c', `examples/${name}`, '--reporter=leak', `--grep=${grep}`, ...args],
      env: { ...(executablePath === undefined ? {} : { LEAK_CHROMIUM: executablePath }), ...env },
    });
  });
}

/** Removes the copies. */
export function removeExamples(): void {
  for (const suite of suites) fs.rmSync(suite, { recursive: true, force: true });
}
