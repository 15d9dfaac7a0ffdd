import type { LeakReport } from '../core/report.ts';
import type { RepositoryPath } from '../core/repositoryPath.ts';
import { andMore } from '../core/wording.ts';
import { issuesOf, type Issue } from './issues.ts';
import { plainText } from './plainText.ts';

/** GitHub shows no more than ten annotations of a level for a step. One error and one warning are kept for saying what is not shown. */
const MAX_SHOWN = 9;

/**
 * Workflow commands that annotate a run on GitHub: `::error` at the line of every leak that fails the gate, `::warning` for a leak that
 * does not because nothing gates, and for what closed late. Known and allowed leaks are accepted and get none. When the gate failed, the
 * last `::error` says why, and how many leaks have no annotation. Each command is a line; without any, the text is empty.
 *
 * @see https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
 */
export function renderGithub(report: LeakReport, { repositoryPath }: { readonly repositoryPath: RepositoryPath }): string {
  const issues = issuesOf(report, repositoryPath);
  const errors = issues.filter(({ level }) => level === 'error');
  const late = issues.filter(({ severity, status }) => severity === 'late' && status === 'new');
  const warnings = [...issues.filter(({ level, status }) => level === 'warning' && status === 'new'), ...late];
  const lines = [...errors.slice(0, MAX_SHOWN).map(annotation('error')), ...warnings.slice(0, MAX_SHOWN).map(annotation('warning'))];
  if (report.gate.failed) lines.push(command('error', { title: 'leak: gate failed' }, gateMessage(report, errors.length)));
  const more = warnings.length - MAX_SHOWN;
  if (more > 0) lines.push(command('warning', { title: 'leak' }, `and ${String(more)} more, see the job summary and report.json`));
  return lines.map((line) => `${line}\n`).join('');
}

/**
 * A text for the log of a GitHub step in which nothing is a workflow command, whatever titles or lines of code it shows: commands are
 * recognized at the beginning of a line (`::name`), after spaces, and anywhere in it (`##[name]`).
 */
export function withoutCommands(text: string): string {
  return text.replace(/^([^\S\n]*):(?=:)/gm, '$1:\u200b').replaceAll('##[', '##\u200b[');
}

function annotation(level: 'error' | 'warning'): (issue: Issue) => string {
  return ({ title, hint, place, openedAt, owners, ownerCount }) => {
    const opened = openedAt === null ? [] : [`opened at ${openedAt}`];
    const where = owners[0] === undefined ? '' : ` in ${owners[0].label}${andMore(ownerCount - 1)}`;
    const at = place === null ? {} : { file: place.file, line: place.line, ...(place.column === undefined ? {} : { col: place.column }) };
    return command(level, { ...at, title: `leak${where}` }, [title, ...opened, ...(hint === '' ? [] : [hint])].join('\n'));
  };
}

function gateMessage({ gate }: LeakReport, errors: number): string {
  const hidden = errors - MAX_SHOWN;
  const missing = hidden > 0 ? [`${String(hidden)} more without an annotation here: see the job summary and report.json`] : [];
  return [gate.reasons.map((reason) => plainText(reason, 300)).join(', '), ...missing].join('\n');
}

function command(name: string, properties: Readonly<Record<string, string | number>>, message: string): string {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${name} ${list.join(',')}::${escapeData(message)}`;
}

/* The runner decodes exactly these, `%25` last. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
