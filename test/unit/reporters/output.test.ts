import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultOutputDir, writeReport } from '../../../reporters/output.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leak-output-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
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
    expect(note).toContain(`it lies in ${path ?? ''} instead`);
    expect(note).toContain('PLAYWRIGHT_LEAK_OUTPUT_DIR');
    rmSync(dirname(path ?? ''), { recursive: true });
  });

  it('removes its temporary file when the last step fails', () => {
    mkdirSync(join(folder, 'report.json'));
    const { path } = writeReport(folder, 'report.json', 'text');
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

describe('the default folder', () => {
  it('lies beside the nearest package.json', () => {
    mkdirSync(join(folder, 'e2e', 'deep'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{}');
    expect(defaultOutputDir(join(folder, 'e2e', 'deep'))).toBe(join(folder, 'leak-report'));
  });

  it('lies in the folder itself when there is none above', () => {
    expect(defaultOutputDir(join(folder, 'e2e'))).toBe(join(folder, 'e2e', 'leak-report'));
  });
});
