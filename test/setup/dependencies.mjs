/** Installed packages, as the lock file has them. Uses nothing but Node, because it runs before anything is installed. */
import { spawnSync } from 'node:child_process';
import { lstatSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';

/**
 * Installs with `npm ci` when `node_modules` is missing or differs from `package-lock.json`, and makes the repository known to
 * itself as the package `leak`, which `--reporter=leak` needs.
 *
 * @param {string} root
 * @param {(sentence: string) => void} say
 */
export function ensureDependencies(root, say) {
  const stale = staleReason(root);
  if (stale !== null) {
    say(`${stale}: installing the packages of package-lock.json (npm ci) …`);
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const result = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
    if (result.status !== 0) {
      throw new Error('npm ci failed (its message is above). Check that the npm registry can be reached, then run the command again.');
    }
  }
  linkToItself(root);
}

/** @param {string} root */
function staleReason(root) {
  const wanted = lockedVersions(path.join(root, 'package-lock.json'));
  if (wanted === null) throw new Error('package-lock.json cannot be read. Restore it with: git checkout package-lock.json');
  const installed = lockedVersions(path.join(root, 'node_modules/.package-lock.json'));
  if (installed === null) return 'node_modules is missing';
  for (const [place, { version, optional }] of wanted) {
    const there = installed.get(place);
    // An optional package that is absent is one for another platform.
    if (there === undefined ? !optional : there.version !== version) return `${place} is not at ${version}`;
  }
  return null;
}

/**
 * @param {string} lockFile
 * @returns {Map<string, { version: string, optional: boolean }> | null}
 */
function lockedVersions(lockFile) {
  try {
    const { packages } = JSON.parse(readFileSync(lockFile, 'utf8'));
    const entries = Object.entries(packages).filter(([place]) => place !== '');
    return new Map(
      entries.map(([place, { version, optional, peer }]) => [place, { version, optional: optional === true || peer === true }]),
    );
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** @param {string} root */
function linkToItself(root) {
  const link = path.join(root, 'node_modules/leak');
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined) {
    symlinkSync(process.platform === 'win32' ? root : '..', link, 'junction');
  }
}
