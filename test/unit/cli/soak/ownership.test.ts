import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Ownership } from '../../../../src/cli/soak/ownership.ts';
import { temporaryFolder } from '../../temporaryFolder.ts';

let directory = '';
beforeEach(() => {
  directory = path.join(temporaryFolder(), 'leak-report/soak');
});

function take(): Ownership {
  const taken = Ownership.take(directory);
  if (!(taken instanceof Ownership)) throw new Error(`it is owned by ${String(taken)}`);
  onTestFinished(() => {
    taken[Symbol.dispose]();
  });
  return taken;
}

describe('the owner of the folder of journals', () => {
  it.each([
    ['there', () => undefined],
    ['removed', () => rmSync(path.dirname(directory), { recursive: true })],
  ])('asks the scenarios to end where the folder is %s', (_, change) => {
    const ownership = take();
    change();
    expect(ownership.requestStop('SIGTERM')).toBeNull();
    expect(readFileSync(path.join(directory, 'stop'), 'utf8')).toBe('SIGTERM');
  });

  it('says why it cannot ask them where there can be no folder, and lets go of it all the same', () => {
    const ownership = take();
    rmSync(directory, { recursive: true });
    writeFileSync(directory, '');
    expect(ownership.requestStop('SIGTERM')).toMatch(/^ENOTDIR/);
    ownership[Symbol.dispose]();
  });
});
