import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { createSuite, inheritedEnvironment, installInto } from './runPlaywright.ts';

const folder = createSuite('script');
installInto(folder);
afterAll(() => {
  fs.rmSync(folder, { recursive: true });
});

/** What scripts do before their first `await`: all of it on the stack of Node's module loader. */
const OPENINGS = `
const watch = createLeakDetector({ settleTimeout: 20 });
setInterval(() => {}, 60_000); // leak
fs.openSync(file); // leak
net.createServer().listen(0); // leak
open();
function open() {
  setInterval(() => {}, 50_000); // leak
}
fs.closeSync(fs.openSync(file));
`;

/** A module of its own opens something while it is loaded: that lives as long as the module does. */
const POOL = 'setInterval(() => {}, 40_000);';

const HEADER = {
  'script.mjs': `import fs from 'node:fs'; import net from 'node:net'; import { createRequire } from 'node:module';
import { createLeakDetector } from 'leak/detector';
const file = import.meta.filename; const require = createRequire(file);`,
  'script.cjs': `const fs = require('node:fs'); const net = require('node:net');
const { createLeakDetector } = require('leak/detector'); const file = __filename;`,
};

const FOOTER = `
require('./pool.cjs');
import('./pool.mjs')
  .then(() => watch.check())
  .then((findings) => {
    fs.writeSync(1, JSON.stringify(findings.map(({ kind, origin }) => [kind, origin.line])));
    process.exit(0);
  });
`;

describe('createLeakDetector in a script', () => {
  for (const [name, header] of Object.entries(HEADER)) {
    it(`finds what ${name} opens before its first await, and not what a module opens while the script loads it`, async () => {
      const text = header + OPENINGS + FOOTER;
      fs.writeFileSync(path.join(folder, name), text);
      for (const pool of ['pool.cjs', 'pool.mjs']) fs.writeFileSync(path.join(folder, pool), POOL);
      const { stdout } = await promisify(execFile)(process.execPath, [name], { cwd: folder, env: inheritedEnvironment() });

      const lines = text.split('\n');
      const opened = (JSON.parse(stdout) as [string, number][]).map(([kind, line]) => `${kind}: ${String(lines[line - 1])}`).sort();
      expect(opened).toEqual([
        'fd: fs.openSync(file); // leak',
        'handle:   setInterval(() => {}, 50_000); // leak',
        'handle: net.createServer().listen(0); // leak',
        'handle: setInterval(() => {}, 60_000); // leak',
      ]);
    });
  }
});
