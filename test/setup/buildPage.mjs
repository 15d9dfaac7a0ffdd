/** The program of the HTML report: `src/page` with preact, in one script that any page can carry. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { rolldown } from 'rolldown';

/**
 * Bundles `src/page` into `dist/page`.
 *
 * @param {string} root
 * @returns {Promise<string[]>} the files written
 */
export async function buildPage(root) {
  const bundle = await rolldown({
    input: path.join(root, 'src/page/main.tsx'),
    platform: 'browser',
    tsconfig: path.join(root, 'tsconfig.json'),
  });
  const { output } = await bundle.generate({ format: 'iife', minify: true });
  await bundle.close();
  const [chunk] = output;
  // Inside a script element of HTML these two would end it, or hide what follows.
  if (output.length !== 1 || /<\/script|<!--/i.test(chunk.code)) throw new Error('The page cannot stand in one script element.');
  const script = `/* With preact, MIT licence. ${preactNotice()} */${chunk.code.trim()}`;
  const folder = path.join(root, 'dist/page');
  mkdirSync(folder, { recursive: true });
  const files = { 'page.js': script, 'page.css': readFileSync(path.join(root, 'src/page/page.css'), 'utf8') };
  return Object.entries(files).map(([name, text]) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  });
}

/** The licence asks for the notice in every copy, and each report is one. */
function preactNotice() {
  const licence = readFileSync(path.join(path.dirname(createRequire(import.meta.url).resolve('preact/package.json')), 'LICENSE'), 'utf8');
  return licence.replace(/\s+/g, ' ').trim();
}
