import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { makeFolder, writeAtomically } from '../../../src/files/writeAtomically.ts';
import { temporaryFolder } from '../temporaryFolder.ts';

let folder = '';
beforeEach(() => {
  folder = temporaryFolder();
});

it('writes a text or its pieces, and makes the folders above', () => {
  const file = join(folder, 'deep', 'out', 'report.json');
  writeAtomically(file, 'old');
  writeAtomically(file, ['n', 'e', 'w'.repeat(3_000_000)]);
  expect(readFileSync(file, 'utf8')).toBe(`ne${'w'.repeat(3_000_000)}`);
  expect(readdirSync(join(folder, 'deep', 'out'))).toEqual(['report.json']);
});

it('leaves the old file and nothing else when the new one breaks off', () => {
  const file = join(folder, 'report.json');
  writeAtomically(file, 'old');
  const breaksOff = function* (): Generator<string> {
    yield 'new';
    throw new Error('no more');
  };
  expect(() => writeAtomically(file, breaksOff())).toThrow('no more');
  expect(readFileSync(file, 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['report.json']);
});

it('says what is in the way: a file above, a folder in its place', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => writeAtomically(join(folder, 'file', 'report.json'), 'text')).toThrow('ENOTDIR');
  mkdirSync(join(folder, 'report.json'));
  expect(() => writeAtomically(join(folder, 'report.json'), 'text')).toThrow('EISDIR');
  expect(readdirSync(folder).sort()).toEqual(['file', 'report.json']);
});

it('follows a link, and writes to what is no file instead of replacing it', () => {
  writeFileSync(join(folder, 'kept.json'), 'old');
  symlinkSync('kept.json', join(folder, 'report.json'));
  writeAtomically(join(folder, 'report.json'), 'new');
  expect(readFileSync(join(folder, 'kept.json'), 'utf8')).toBe('new');
  expect(lstatSync(join(folder, 'report.json')).isSymbolicLink()).toBe(true);
  symlinkSync('/dev/null', join(folder, 'null'));
  writeAtomically(join(folder, 'null'), 'new');
  expect(statSync(join(folder, 'null')).isCharacterDevice()).toBe(true);
  expect(readdirSync(folder).sort()).toEqual(['kept.json', 'null', 'report.json']);
});

it.each([0o600, 0o664, 0o755])('keeps the mode of a file that is there (%o)', (mode) => {
  const file = join(folder, 'report.json');
  writeFileSync(file, 'old');
  chmodSync(file, mode);
  symlinkSync('report.json', join(folder, 'link.json'));
  writeAtomically(join(folder, 'link.json'), 'new');
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['new', mode]);
});

it('gives a new file the mode that the umask says', () => {
  const [file, plain] = [join(folder, 'report.json'), join(folder, 'plain')];
  writeFileSync(plain, '');
  writeAtomically(file, 'new');
  expect(statSync(file).mode).toBe(statSync(plain).mode);
});

// Root may write everything.
it.skipIf(process.getuid?.() === 0)('does not write over a file that may not be written', () => {
  const file = join(folder, 'report.json');
  writeFileSync(file, 'old');
  chmodSync(file, 0o444);
  expect(() => writeAtomically(file, 'new')).toThrow('EACCES');
  expect(readFileSync(file, 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['report.json']);
});

it.runIf(existsSync('/proc/self'))('comes to an end where no folder can be made', () => {
  // Node's own recursive mkdir does not.
  expect(() => makeFolder('/proc/leak/deep')).toThrow('ENOENT');
});
