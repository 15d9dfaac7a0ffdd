import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readPageCode } from '../../assets/pageCode.ts';
import { FAIL_ON } from '../../core/gate.ts';
import { messageOf } from '../../core/messageOf.ts';
import { parseReport, ReportFormatError } from '../../core/parseReport.ts';
import type { LeakReport } from '../../core/report.ts';
import { reportText } from '../../core/reportText.ts';
import { hasScenario, reportOfLostRun, withScenarios } from '../../core/soakReport.ts';
import { plural } from '../../core/wording.ts';
import { fileState } from '../../files/fileState.ts';
import { sourceReader } from '../../files/sources.ts';
import { writeAtomically } from '../../files/writeAtomically.ts';
import { htmlPieces } from '../../render/html.ts';
import type { SoakFile } from '../../stability/soakFile.ts';
import { judgeHistory } from '../../stability/soakVerdict.ts';
import { findReportRoot, sourceBases } from '../reportRoot.ts';

/** A run that has ended, however it did. */
export interface EndedRun {
  /** Where the reporter writes `report.json`. */
  readonly outputDir: string;
  /** What `report.json` was before the run, by {@link reportState}. */
  readonly before: string;
  readonly playwrightVersion: string;
  readonly durationMs: number;
  /** How Playwright ended: `interrupted` by a signal, its own or ours. */
  readonly status: 'passed' | 'failed' | 'interrupted';
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly journals: readonly SoakFile[];
  /** Why scenarios that did not report ended: one sentence. */
  readonly cutShort: string;
}

/** The report of a soak. */
export interface SoakReport {
  readonly report: LeakReport;
  /** Whether scenarios had to be judged by their journals, because the run did not report them. */
  readonly judgedHere: boolean;
  /** Path of `report.json`; `null`: it could not be written. */
  readonly path: string | null;
}

/** Tells whether a report was written since. */
export function reportState(outputDir: string): string {
  return fileState(path.join(outputDir, 'report.json'));
}

/** What the reporter has written, completed by the scenarios that only their journals know of. */
export function concludeRun(run: EndedRun): SoakReport {
  const { outputDir, journals, env } = run;
  const file = path.join(outputDir, 'report.json');
  const written = reportState(outputDir) === run.before ? null : readReport(file);
  const histories = journals.map(({ history }) => history);
  const missing = histories.filter(({ header }) => header !== undefined && (written === null || !hasScenario(written, header)));
  if (written !== null && missing.length === 0) return { report: written, judgedHere: false, path: file };
  const failOn = FAIL_ON.find((choice) => choice === env['PLAYWRIGHT_LEAK_FAIL_ON']) ?? 'leak';
  const { playwrightVersion: playwright, durationMs, status } = run;
  const base = written ?? reportOfLostRun({ node: process.version, playwright, platform: process.platform, durationMs, status, failOn });
  const whose = written === null ? 'The run left no report' : `${plural(missing.length, 'scenario')} did not come to report`;
  const instead = missing.length === 0 ? 'no scenario had begun to measure' : 'what the journals hold was judged instead';
  const notes = [`${whose} (${run.cutShort}): ${instead}.`];
  const scenarios = missing.map((history) => judgeHistory(history, run.cutShort));
  const report = withScenarios(base, scenarios, notes);
  return write(file, report);
}

/** `null` for a report that is cut or none: then the journals must do. */
function readReport(file: string): LeakReport | null {
  try {
    return parseReport(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof ReportFormatError) return null;
    throw error;
  }
}

function write(file: string, report: LeakReport): SoakReport {
  try {
    writeAtomically(file, reportText(report));
    return { report: withNotes(report, writePage(file, report)), judgedHere: true, path: file };
  } catch (error) {
    const note = `The report could not be written: ${messageOf(error)}`;
    return { report: withNotes(report, [note]), judgedHere: true, path: null };
  }
}

function withNotes(report: LeakReport, notes: readonly string[]): LeakReport {
  return { ...report, notes: [...report.notes, ...notes] };
}

/** The page beside the report, in place of one that does not know all scenarios. Returns what went wrong. */
function writePage(file: string, report: LeakReport): string[] {
  const source = sourceReader(sourceBases(findReportRoot(report, file), file), { within: null });
  try {
    writeAtomically(path.join(path.dirname(file), 'index.html'), htmlPieces(report, { code: readPageCode(), source }));
    return [];
  } catch (error) {
    return [`index.html could not be written: ${messageOf(error)}`];
  }
}
