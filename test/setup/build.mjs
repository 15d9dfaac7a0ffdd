/**
 * `npm run build`: bundles `src`, `fixtures` and `reporters` into `dist`, adds their types, the schemas and the report's page, makes the
 * command executable and removes what an earlier build left of files that are gone. Files are replaced one by one, so a suite that runs
 * meanwhile does not lose the ground under its feet.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildModules } from './buildModules.mjs';
import { buildPage } from './buildPage.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = path.join(root, 'dist');
const compiler = path.join(root, 'node_modules/typescript/bin/tsc');

const compiled = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--listEmittedFiles'], {
  cwd: root,
  encoding: 'utf8',
});
const lines = compiled.stdout.split('\n');
const messages = lines.filter((line) => !line.startsWith('TSFILE: ')).join('\n');
if (messages.trim() !== '') console.error(messages.trim());
// With wrong types everything is written all the same, which helps while one works; the exit code tells.
process.exitCode = compiled.status === 0 ? 0 : 1;
const modules = await buildModules(root);

const schemas = { 'schema.json': 'schema.json', 'baselineSchema.json': 'baseline.schema.json' };
for (const [source, shipped] of Object.entries(schemas)) copyFileSync(path.join(root, 'src/core', source), path.join(dist, shipped));
const command = path.join(dist, 'src/cli/main.js');
if (existsSync(command)) chmodSync(command, 0o755);

const emitted = new Set(
  lines.filter((line) => line.startsWith('TSFILE: ')).map((line) => path.resolve(line.slice('TSFILE: '.length).trim())),
);
for (const shipped of Object.values(schemas)) emitted.add(path.join(dist, shipped));
for (const file of [...modules, ...(await buildPage(root))]) emitted.add(file);
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const file = path.join(entry.parentPath, entry.name);
  if (entry.isFile() && !emitted.has(file)) rmSync(file);
}
