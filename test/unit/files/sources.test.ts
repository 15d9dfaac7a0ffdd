import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { sourceReader } from '../../../src/files/sources.ts';
import { temporaryFolder } from '../temporaryFolder.ts';

const TEXT = 'const a = 1;\r\nconst b = 2;\n';
const LINES = ['const a = 1;', 'const b = 2;', ''];

/** A checkout, and a file of each name beside or in it. */
function checkout(...names: readonly string[]): string {
  const folder = path.join(temporaryFolder(), 'shop');
  for (const name of names) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, TEXT);
  }
  return folder;
}

describe('the reader of source files', () => {
  it.each(['a.spec.ts', 'a.mjs', 'deep/a.cts', 'a.jsx', 'a.vue', 'a.svelte', '../lib/a.ts'])('reads %s of the checkout', (name) => {
    const folder = checkout(`e2e/${name}`);
    const read = sourceReader([path.join(folder, 'e2e')], { within: folder });
    expect(read(name)).toEqual(LINES);
    expect(read(path.join(folder, 'e2e', name))).toEqual(LINES);
  });

  it.each(['.env', 'id_rsa', 'a.json', '.git/config', 'a.ts.bak'])('reads no %s, which is no source file', (name) => {
    const folder = checkout(name);
    expect(sourceReader([folder], { within: null })(name)).toBeUndefined();
  });

  it.each(['../a.ts', '../shop-2/a.ts', '.git/a.ts', 'module/.git/a.ts'])('reads %s only where there is no limit', (name) => {
    const folder = checkout(name);
    for (const file of [name, path.join(folder, name)]) {
      expect(sourceReader([folder], { within: folder })(file)).toBeUndefined();
      expect(sourceReader([folder], { within: null })(file)).toEqual(LINES);
    }
  });

  it('reads and splits a file once, whoever asks, and none that is as long as a bundle', () => {
    const folder = checkout('a.ts', 'long.ts');
    writeFileSync(path.join(folder, 'long.ts'), 'x\n'.repeat(500_001));
    const read = sourceReader([folder], { within: folder });
    const first = read('a.ts');
    writeFileSync(path.join(folder, 'a.ts'), '');
    expect(read('a.ts')).toBe(first);
    expect(read('long.ts')).toBeUndefined();
  });

  it('follows links, and shows what they lead to only if that could be named itself', () => {
    const folder = checkout('../outside.ts', '.env', 'lib/a.ts');
    for (const [name, target] of [
      ['out.ts', '../outside.ts'],
      ['env.ts', '.env'],
      ['in.ts', 'lib/a.ts'],
    ] as const) {
      symlinkSync(path.join(folder, target), path.join(folder, name));
    }
    const linked = path.join(path.dirname(folder), 'link');
    symlinkSync(folder, linked);
    const read = sourceReader([linked], { within: linked });
    expect(['out.ts', 'env.ts', 'in.ts'].map(read)).toEqual([undefined, undefined, LINES]);
  });

  it('takes the first base whose file may be shown, unless that has changed since', () => {
    const folder = checkout('../a.ts', 'a.ts');
    utimesSync(path.join(folder, 'a.ts'), 5, 5);
    const read = (until: number) => sourceReader([path.dirname(folder), folder], { within: folder, until })('a.ts');
    expect(read(5000)).toEqual(LINES);
    expect(read(4999)).toBeUndefined();
  });
});
