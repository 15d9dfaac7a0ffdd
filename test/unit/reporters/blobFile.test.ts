import type { FullConfig } from '@playwright/test/reporter';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { blobFile } from '../../../reporters/blobFile.ts';
import { temporaryFolder } from '../temporaryFolder.ts';

let folder = '';
beforeEach(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder, 'e2e'));
  writeFileSync(join(folder, 'package.json'), '{}');
});

function place(
  options: { reporter?: unknown; shard?: FullConfig['shard']; commandHash?: string; env?: Record<string, string> } = {},
): string | null {
  const { reporter = [['blob'], ['leak']], shard = null, commandHash = '', env = {} } = options;
  return blobFile({ reporter, shard } as FullConfig, { configDir: join(folder, 'e2e'), commandHash, env, cwd: '/cwd' });
}

describe('the place of the blob', () => {
  it('is beside package.json, with the shard and what was chosen in its name', () => {
    expect(place()).toBe(join(folder, 'blob-report/report.zip'));
    expect(place({ shard: { current: 3, total: 12 } })).toBe(join(folder, 'blob-report/report-03.zip'));
    expect(place({ shard: { current: 3, total: 3 }, commandHash: 'my project-1a2b3c4' })).toBe(
      join(folder, 'blob-report/report-my-project-1a2b3c4-3.zip'),
    );
  });

  it('is where the options say, relative to the config', () => {
    expect(place({ reporter: [['blob', { outputDir: 'out', fileName: 'my.zip' }]] })).toBe(join(folder, 'e2e/out/my.zip'));
    expect(place({ reporter: [['list'], ['blob', { outputFile: '../one.zip' }]] })).toBe(join(folder, 'one.zip'));
  });

  it('is where the environment says, before the options and relative to the working directory', () => {
    const reporter = [['blob', { outputDir: 'out', fileName: 'my.zip', outputFile: 'file.zip' }]];
    expect(place({ reporter, env: { PLAYWRIGHT_BLOB_OUTPUT_FILE: 'a/b.zip' } })).toBe('/cwd/a/b.zip');
    const env = { PLAYWRIGHT_BLOB_OUTPUT_DIR: 'a', PLAYWRIGHT_BLOB_OUTPUT_NAME: 'b.zip' };
    expect(place({ reporter: [['blob', { outputDir: 'out', fileName: 'my.zip' }]], env })).toBe('/cwd/a/b.zip');
  });

  it.each([[[['list'], ['leak']]], [[['./blob']]], ['blob'], [undefined], [[]]])('is nowhere with the reporters %j', (reporter) => {
    expect(
      blobFile({ reporter, shard: null } as unknown as FullConfig, { configDir: folder, commandHash: '', env: {}, cwd: '/' }),
    ).toBeNull();
  });
});
