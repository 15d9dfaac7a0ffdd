/** What `npm test`, `npm run check` and `npm run demo` do first, so that a fresh clone needs Node, npm and nothing else. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureChromium } from './chromium.mjs';
import { ensureDependencies } from './dependencies.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** @param {string} sentence */
export function say(sentence) {
  console.log(`leak · ${sentence}`);
}

/**
 * Installs what is missing, and sets `LEAK_CHROMIUM`, which the Playwright configurations in this repository read. Ends the process
 * with one sentence when that cannot be done.
 *
 * @param {{ chromium: boolean }} needs
 */
export async function prepare({ chromium }) {
  try {
    requireNode();
    ensureDependencies(root, say);
    if (!chromium) return;
    process.env.LEAK_CHROMIUM = await ensureChromium(root, say);
    say(`Chromium: ${process.env.LEAK_CHROMIUM}`);
  } catch (error) {
    console.error(`leak · ${error.message}`);
    process.exit(1);
  }
}

function requireNode() {
  const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = engines.node.match(/\d+/g).map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new Error(`Node ${process.versions.node} is too old: install Node ${wantedMajor}.${wantedMinor} or newer.`);
}
