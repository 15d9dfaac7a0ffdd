import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { compileFunction } from 'node:vm';
import ts from 'typescript';
import { describe, it } from 'vitest';
import * as library from '../../../src/resilience/index.ts';

const folder = path.resolve(import.meta.dirname, '../../../src/resilience');

/** What needs no browser and no network beyond this machine, file by file. */
const FILES = [
  'backoff',
  'circuitBreaker',
  'healthChecks',
  'healthServer',
  'lifecycle',
  'metrics',
  'retry',
  'retryAfter',
  'retryBudget',
  'semaphore',
];

/** The examples in the doc comments of a file: everything from `@example` to the end of the comment. */
function examplesOf(file: string): string[] {
  const comments = readFileSync(path.join(folder, file), 'utf8').match(/\/\*\*[\s\S]*?\*\//g) ?? [];
  return comments.flatMap((comment) => {
    const [, example] = comment.replace(/^ *\*\/?| *\*\/$/gm, '').split('@example');
    return example === undefined ? [] : [example];
  });
}

async function runExample(source: string): Promise<void> {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const script = ts.transpileModule(`const example = async () => {${source}\n};`, { compilerOptions }).outputText;
  // The example sees what a reader would import.
  const compile = compileFunction(`${script}; return example;`, Object.keys(library)) as (...exports: unknown[]) => () => Promise<void>;
  await compile(...Object.values(library))();
}

describe('the examples in the documentation run:', () => {
  const examples = FILES.map((name) => `${name}.ts`)
    .filter((file) => readdirSync(folder).includes(file))
    .flatMap((file) => examplesOf(file).map((source, index) => [file, index, source] as const));

  it.each(examples)('%s, number %d', async (_file, _index, source) => {
    await runExample(source);
  });
});
