import type { LeakReport } from '../core/report.ts';
import type { RepositoryPath } from '../core/repositoryPath.ts';
import { renderCodeQuality } from './codeQuality.ts';

/** What the renderers of CI formats know of the world beside the report. */
export interface OutputContext {
  readonly repositoryPath: RepositoryPath;
}

interface Output {
  /** Name of the file in the report's folder. */
  readonly file: string;
  readonly render: (report: LeakReport, context: OutputContext) => string;
}

export type OutputName = 'codequality';

/** The files that the reporter can write for CI, and `leak show --format` prints. */
export const OUTPUTS: Readonly<Record<OutputName, Output>> = {
  codequality: { file: 'gl-code-quality-report.json', render: renderCodeQuality },
};

export const OUTPUT_NAMES = Object.keys(OUTPUTS) as readonly OutputName[];
