import type { LeakReport } from '../core/report.ts';
import type { RepositoryPath } from '../core/repositoryPath.ts';
import { andMore } from '../core/wording.ts';
import { issuesOf, type Issue } from './issues.ts';

/** Leaks that fail the gate are what a merge request should not bring; those that do not are worth a look; late ones are a habit. */
const SEVERITY = { error: 'critical', warning: 'major', note: 'minor' } as const;

/**
 * GitLab's code quality report: a JSON array with an entry for every leak that no rule allows and for every scenario that failed. An entry
 * is recognized by its fingerprint, so that a merge request shows what it adds and what it mends. Every entry must name a file of the
 * repository; a leak without any (global set-up, without a test) is left out, which the gate and the other reports do not do.
 *
 * @see https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
 */
export function renderCodeQuality(report: LeakReport, { repositoryPath }: { readonly repositoryPath: RepositoryPath }): string {
  const seen = new Set<string>();
  const entries = issuesOf(report, repositoryPath).flatMap((issue) => {
    const fingerprint = issue.severity === 'late' ? `${issue.fingerprint}-late` : issue.fingerprint;
    // The first, which is the gravest, stands for all of a fingerprint: GitLab shows one.
    if (issue.status === 'allowed' || issue.vicinity === null || seen.has(fingerprint)) return [];
    seen.add(fingerprint);
    return {
      description: describe(issue),
      check_name: issue.severity === 'late' ? 'leak-late' : `leak-${issue.rule}`,
      fingerprint,
      severity: SEVERITY[issue.level],
      location: { path: issue.vicinity.file, lines: { begin: issue.vicinity.line } },
    };
  });
  return `${JSON.stringify(entries, null, 2)}\n`;
}

function describe({ title, owners, ownerCount, hint }: Issue): string {
  const where = owners[0] === undefined ? '' : ` in ${owners[0].label}${andMore(ownerCount - 1)}`;
  return `${title}${where}${hint === '' ? '' : `: ${hint}`}`;
}
