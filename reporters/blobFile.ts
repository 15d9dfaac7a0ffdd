import type { FullConfig } from '@playwright/test/reporter';
import { join, resolve } from 'node:path';
import { isFields, type Fields } from '../src/core/findingCodec.ts';
import { packageFolder } from '../src/files/projectFolder.ts';

export interface BlobSurroundings {
  /** Folder of the config. */
  readonly configDir: string;
  /** What Playwright tells reporters of the command line, for the blob's name. */
  readonly commandHash: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/**
 * Path of the blob that Playwright's blob reporter writes at the end of this run; `null`: there is no such reporter. The rules are
 * Playwright's own, documented for `blob` and the same since 1.50.
 */
export function blobFile(config: FullConfig, { configDir, commandHash, env, cwd }: BlobSurroundings): string | null {
  const options = blobOptions(config);
  if (options === null) return null;
  const chosen = (variable: string, option: string): string | null => {
    const fromEnv = env[variable];
    if (fromEnv !== undefined && fromEnv !== '') return resolve(cwd, fromEnv);
    const value = options[option];
    return typeof value === 'string' && value !== '' ? resolve(configDir, value) : null;
  };
  const file = chosen('PLAYWRIGHT_BLOB_OUTPUT_FILE', 'outputFile');
  if (file !== null) return file;
  const folder = chosen('PLAYWRIGHT_BLOB_OUTPUT_DIR', 'outputDir') ?? join(packageFolder(configDir) ?? cwd, 'blob-report');
  const named = typeof options['fileName'] === 'string' ? options['fileName'] : defaultName(config, commandHash);
  return resolve(folder, env['PLAYWRIGHT_BLOB_OUTPUT_NAME'] ?? named);
}

function blobOptions(config: FullConfig): Fields | null {
  const descriptions: unknown = config.reporter;
  if (!Array.isArray(descriptions)) return null;
  const description = (descriptions as unknown[]).find((entry) => Array.isArray(entry) && entry[0] === 'blob');
  if (!Array.isArray(description)) return null;
  const [, options] = description as unknown[];
  return isFields(options) ? options : {};
}

function defaultName({ shard }: FullConfig, commandHash: string): string {
  const command = commandHash === '' ? '' : `-${commandHash.replace(/[\x00-\x2C\x2E-\x2F\x3A-\x40\x5B-\x60\x7B-\x7F]+/g, '-')}`;
  const place = shard === null ? '' : `-${String(shard.current).padStart(String(shard.total).length, '0')}`;
  return `report${command}${place}.zip`;
}
