import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { clashNote, writeReport } from '../../../reporters/output.ts';
import { temporaryFolder } from '../temporaryFolder.ts';

let folder = '';
beforeEach(() => {
  folder = temporaryFolder();
});

describe('writing the report', () => {
  it('replaces the former one and leaves nothing else behind', () => {
    writeReport(join(folder, 'deep', 'out'), 'report.json', 'old');
    expect(writeReport(join(folder, 'deep', 'out'), 'report.json', 'new')).toEqual({
      path: join(folder, 'deep', 'out', 'report.json'),
      note: null,
    });
    expect(readdirSync(join(folder, 'deep', 'out'))).toEqual(['report.json']);
    expect(readFileSync(join(folder, 'deep', 'out', 'report.json'), 'utf8')).toBe('new');
  });

  it('falls back to a temporary folder when the folder cannot be made, and says where and how to mend it', () => {
    writeFileSync(join(folder, 'file'), '');
    const { path, note } = writeReport(join(folder, 'file'), 'report.json', 'text');
    expect(readFileSync(path ?? '', 'utf8')).toBe('text');
    expect(note).toContain(`could not be written to ${join(folder, 'file')}`);
    expect(note).toContain(
      `it lies in ${path ?? ''} instead: there is a file where the folder should be: remove it, or name another folder with PLAYWRIGHT_LEAK_OUTPUT_DIR.`,
    );
    rmSync(dirname(path ?? ''), { recursive: true });
  });

  it('does so for a folder that may not be written', () => {
    // Of those there is one even for root.
    const { path, note } = writeReport('/proc/leak-report', 'report.json', 'text');
    expect(readFileSync(path ?? '', 'utf8')).toBe('text');
    expect(note).toMatch(/could not be written to \/proc\/leak-report .*: make that folder writable, or name another/);
    rmSync(dirname(path ?? ''), { recursive: true });
  });

  it('takes a text in pieces, as often as it takes', () => {
    const pieces = {
      *[Symbol.iterator]() {
        for (let index = 0; index < 3; index += 1) yield String(index).repeat(700_000);
      },
    };
    const whole = [...pieces].join('');
    expect(readFileSync(writeReport(folder, 'report.json', pieces).path ?? '', 'utf8')).toBe(whole);
    writeFileSync(join(folder, 'file'), '');
    const { path } = writeReport(join(folder, 'file'), 'report.json', pieces);
    expect(readFileSync(path ?? '', 'utf8')).toBe(whole);
    rmSync(dirname(path ?? ''), { recursive: true });
  });

  it('removes its temporary file when the last step fails', () => {
    mkdirSync(join(folder, 'report.json'));
    const { path, note } = writeReport(folder, 'report.json', 'text');
    expect(note).toContain('there is a folder where the file should be: remove it');
    expect(path).not.toBe(join(folder, 'report.json'));
    expect(readdirSync(folder)).toEqual(['report.json']);
    rmSync(dirname(path ?? ''), { recursive: true });
  });
});

describe.runIf(existsSync('/dev/full'))('on a full disk', () => {
  it('keeps the former report whole and writes elsewhere', () => {
    writeFileSync(join(folder, 'report.json'), 'old');
    symlinkSync('/dev/full', join(folder, `report.json.${String(process.pid)}.tmp`));
    const { path, note } = writeReport(folder, 'report.json', 'new');
    expect(note).toContain('ENOSPC');
    expect(readFileSync(path ?? '', 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['report.json']);
    expect(readFileSync(join(folder, 'report.json'), 'utf8')).toBe('old');
    rmSync(dirname(path ?? ''), { recursive: true });
  });
});

describe('a folder that Playwright empties', () => {
  it.each([['/suite/test-results'], ['/suite/test-results/leak/deep'], ['/suite/test-results/..leak']])(
    'is told of for %s',
    (directory) => {
      const note = clashNote(directory, ['/suite/other', '/suite/test-results']);
      expect(note).toContain(`The report lies in ${directory}, inside /suite/test-results, which Playwright empties at every run`);
      expect(note).toContain('outputDir or PLAYWRIGHT_LEAK_OUTPUT_DIR');
    },
  );

  it.each([['/suite/leak-report'], ['/suite/test-results-of-leak'], ['/suite'], ['/']])('is not told of for %s', (directory) => {
    expect(clashNote(directory, ['/suite/test-results'])).toBeNull();
    expect(clashNote(directory, [])).toBeNull();
  });
});
