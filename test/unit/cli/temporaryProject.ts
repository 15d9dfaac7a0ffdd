import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Terminal } from '../../../src/cli/command.ts';
import { dispatch } from '../../../src/cli/dispatch.ts';
import { temporaryFolder } from '../temporaryFolder.ts';

/** A folder with these files (path → content; objects become JSON). It is removed when the test has finished. */
export function temporaryProject(files: Readonly<Record<string, string | object>>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

/** Runs `leak <args>` in a folder, on a screen of 100 columns without colours unless told otherwise. */
export async function leak(cwd: string, args: readonly string[], screen: Partial<Terminal> = {}) {
  let out = '';
  let error = '';
  const exitCode = await dispatch(args, {
    cwd,
    env: {},
    columns: 100,
    color: false,
    out: (text) => (out += text),
    error: (text) => (error += text),
    ...screen,
  });
  return { exitCode, out, error };
}
