import { readPageCode } from '../src/assets/pageCode.ts';
import { messageOf } from '../src/core/messageOf.ts';
import type { ReadSource } from '../src/core/readSource.ts';
import type { LeakReport } from '../src/core/report.ts';
import { htmlPieces } from '../src/render/html.ts';
import { writeReport, type Written } from './output.ts';

/**
 * Writes `index.html` into a folder. Never throws: the page is for people, and the verdict and `report.json` do not depend on it.
 *
 * @param source the lines of a source file named as in the report
 */
export function writeHtml(directory: string, report: LeakReport, source: ReadSource): Written {
  try {
    return writeReport(directory, 'index.html', htmlPieces(report, { code: readPageCode(), source }));
  } catch (error) {
    return { path: null, note: `There is no index.html: ${messageOf(error)}. All that was found is in report.json.` };
  }
}
