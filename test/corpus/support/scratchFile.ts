import fs from 'node:fs';
import type { TestInfo } from '@playwright/test';

/** Makes a small file in the test's own output folder and returns its path. */
export function scratchFile(testInfo: TestInfo, name = 'orders.csv', text = 'id,total\n1,9.90\n'): string {
  const file = testInfo.outputPath(name);
  fs.writeFileSync(file, text);
  return file;
}
