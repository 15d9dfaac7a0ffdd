import type { Finding } from './finding.ts';

/**
 * A file's name as it stands in reports: relative to the root, with `/`. A file outside the root gets `../`; one on another drive, or a
 * name that is no absolute path (`node:fs`), stays as it is.
 */
export function relativePath(root: string, file: string): string {
  const from = split(root);
  const to = split(file);
  if (!isAbsolute(file) || !isAbsolute(root) || from[0] !== to[0]) return file.replaceAll('\\', '/');
  let shared = 0;
  while (shared < from.length && shared < to.length - 1 && from[shared] === to[shared]) shared += 1;
  return [...from.slice(shared).map(() => '..'), ...to.slice(shared)].join('/');
}

/** A finding with its origin and its stack relative to the root. Packages' frames keep what follows the root too. */
export function relativeFinding(root: string, finding: Finding): Finding {
  const origin = finding.origin === null ? null : { ...finding.origin, file: relativePath(root, finding.origin.file) };
  const prefixes = [`${root}/`, `${root}\\`];
  const stack = finding.stack.map((line) => prefixes.reduce((shortened, prefix) => shortened.replace(prefix, ''), line));
  return { ...finding, origin, stack };
}

function split(path: string): string[] {
  return path.split(/[\\/]/).filter((part, index) => part !== '' || index === 0);
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path);
}
