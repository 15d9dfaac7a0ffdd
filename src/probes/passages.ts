import child_process from 'node:child_process';
import fs from 'node:fs';
import { layPassage } from './patch.ts';
import { publishPatches } from './publishPatches.ts';

/** What the probes patch of modules whose functions programs take out: `import * as fs`, `const { openSync } = require('fs')`. */
const FUNCTIONS: readonly (readonly [holder: object, names: readonly string[]])[] = [
  [fs, ['open', 'openSync', 'opendir', 'opendirSync', 'close', 'closeSync', 'createReadStream', 'createWriteStream', 'watch', 'watchFile']],
  [fs.promises, ['open', 'opendir']],
  [child_process, ['spawnSync', 'execFileSync', 'execSync']],
];

let laid = false;

/**
 * Makes the functions observable that a file takes out of Node's modules when it is loaded, before any probe has started: a CommonJS module
 * keeps what it took. Nothing is observed by this. Idempotent.
 */
export function layPassages(): void {
  if (laid) return;
  laid = true;
  for (const [holder, names] of FUNCTIONS) for (const name of names) layPassage(holder, name);
  publishPatches();
}
