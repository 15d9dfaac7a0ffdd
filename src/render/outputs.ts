import type { ReadSource } from '../core/readSource.ts';
import type { LeakReport } from '../core/report.ts';
import type { RepositoryPath } from '../core/repositoryPath.ts';
import { renderCodeQuality } from './codeQuality.ts';
import type { Place } from './issues.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import { renderSarif } from './sarif.ts';

/** What the renderers of CI formats know of the world beside the report. */
export interface OutputContext {
  readonly repositoryPath: RepositoryPath;
  readonly source?: ReadSource;
  /** Address of a source line, where a server shows the repository. */
  readonly link?: ((place: Place) => string) | undefined;
  /** Of this package. */
  readonly version?: string;
  /** Where the report for people lies, as it is told them. */
  readonly reportPath?: string;
}

interface Output {
  /** Name of the file in the report's folder. */
  readonly file: string;
  render(report: LeakReport, context: OutputContext): string;
}

export type OutputName = 'junit' | 'sarif' | 'codequality' | 'markdown';

/** The files that the reporter can write for CI, and `leak show --format` prints. */
export const OUTPUTS: Readonly<Record<OutputName, Output>> = {
  junit: { file: 'junit.xml', render: renderJunit },
  sarif: { file: 'report.sarif', render: renderSarif },
  codequality: { file: 'gl-code-quality-report.json', render: renderCodeQuality },
  markdown: { file: 'summary.md', render: renderMarkdown },
};

export const OUTPUT_NAMES = Object.keys(OUTPUTS) as readonly OutputName[];
