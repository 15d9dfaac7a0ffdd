import type { Scope } from '../core/finding.ts';
import { andOthers } from '../core/otherSummaries.ts';
import type { ReadSource } from '../core/readSource.ts';
import type { Location } from '../core/stack.ts';
import { codeFrame } from './codeFrame.ts';
import { colors } from './colors.ts';
import { countOwners, type FindingGroup, type Owner } from './findingGroups.ts';
import { plainText, shorten } from './plainText.ts';

/** Where and how a report is shown. */
export interface Screen {
  /** Width in characters. */
  readonly columns: number;
  readonly color: boolean;
  readonly source?: ReadSource;
}

const INDENT = '      ';
const MIN_SUMMARY = 30;

/** A leak in full: what, where, the line with its code frame, what to do. */
export function leakBlock(group: FindingGroup, screen: Screen, manyProjects: boolean): string[] {
  const { finding, others } = group;
  const paint = colors(screen.color);
  const lines = headline(group, finding.status === 'known' ? paint.yellow('KNOWN') : paint.red(paint.bold('LEAK ')), screen, manyProjects);
  if (finding.origin !== null) {
    lines.push(`${INDENT}opened at ${plainText(place(finding.origin), 500)}`);
    const frame = codeFrame(screen.source?.(finding.origin.file), finding.origin, screen.color);
    if (frame !== '') lines.push(...frame.split('\n').map((line) => `${INDENT}${line}`));
  }
  if (others.length > 0)
    lines.push(`${INDENT}also ${plainText(others.join('; '), Math.max(MIN_SUMMARY, screen.columns - INDENT.length - 5))}`);
  if (finding.hint !== '') lines.push(...wrap(plainText(finding.hint, 400), screen.columns - INDENT.length).map((line) => INDENT + line));
  return lines;
}

/** What is worth a line or two but no block: late and known findings. */
export function briefBlock(group: FindingGroup, screen: Screen, manyProjects: boolean): string[] {
  const { finding } = group;
  const paint = colors(screen.color);
  const lines = headline(group, paint.yellow(finding.severity === 'late' ? 'LATE ' : 'KNOWN'), screen, manyProjects);
  const parts = [
    finding.origin === null ? '' : plainText(place(finding.origin), 300),
    finding.severity === 'late' ? plainText(finding.hint, 300) : '',
  ];
  const line = parts.filter((part) => part !== '').join(': ');
  if (line !== '') lines.push(...wrap(line, screen.columns - INDENT.length).map((text) => INDENT + text));
  return lines;
}

function headline(group: FindingGroup, label: string, screen: Screen, manyProjects: boolean): string[] {
  const { finding, owners } = group;
  const paint = colors(screen.color);
  const where = owners[0] === undefined ? '' : ownerText(owners[0], finding.scope, manyProjects);
  const more = owners.length > 1 ? ` and ${countOwners(owners.slice(1), 'more ')}` : '';
  const room = screen.columns - INDENT.length;
  const what = shorten(titleOf(group), Math.max(MIN_SUMMARY, room));
  const gap = room - what.length - where.length - more.length;
  if (gap >= 2) return [`${label} ${what}${' '.repeat(gap)}${paint.dim(where + more)}`];
  return [`${label} ${what}`, `${INDENT}in ${paint.dim(shorten(where, Math.max(MIN_SUMMARY, room - 3 - more.length)) + more)}`];
}

/** `fd · /tmp/orders.csv is still open (3 times)`. */
export function titleOf({ finding, count, others }: FindingGroup): string {
  return `${finding.kind} · ${plainText(sentence(finding), 300)}${andOthers(finding, count, others)}`;
}

/** The summary names the kind first in some probes (`process 12 is …`); the headline has said it already. */
export function sentence(finding: { readonly kind: string; readonly summary: string }): string {
  const prefix = `${finding.kind} `;
  return finding.summary.startsWith(prefix) ? finding.summary.slice(prefix.length) : finding.summary;
}

/** Whose leak it is: project, file, line and title of a test, or the worker. */
export function ownerText(owner: Owner, scope: Scope, manyProjects: boolean): string {
  if (owner.type === 'worker')
    return owner.workerIndex < 0 ? 'the run itself' : `worker ${String(owner.workerIndex)}${scope === 'hook' ? ' (hook)' : ''}`;
  const { test } = owner;
  const title = test.titlePath.length > 1 ? test.titlePath.slice(1).join(' › ') : test.title;
  const project = manyProjects && test.project !== '' ? `[${test.project}] ` : '';
  const retry = test.retry > 0 ? ` (retry ${String(test.retry)})` : '';
  return plainText(`${project}${test.file}:${String(test.line)} › ${title}`, 160) + retry;
}

function place(location: Location): string {
  return `${location.file}:${String(location.line)}:${String(location.column)}`;
}

/** Breaks a sentence at spaces; a word longer than the width stays whole, so that paths can be copied. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > Math.max(20, width)) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
