import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import type { FindingKind, Scope, Severity, Status } from '../../src/core/finding.ts';

/**
 * One finding that the corpus must bring, read from a trailing comment on the line that opens the resource:
 *
 * - `// leak: fd`: one finding of this kind with this line as its origin, charged to the test around it
 * - `// late: handle`: closed by itself after the test. `late?`: may be so, or not be seen at all
 * - `x3`: the finding stands for three · `status=allowed` · `scope=test|hook` · `retry=0`: in this attempt only
 * - `origin?`: the runtime may not know the line; if it names one, it must be this or the test's own
 * - `#name`: outside of tests; the tests that say `// charged: #name` are charged · `worker`: found when the worker ends
 */
export interface Mark {
  readonly file: string;
  readonly line: number;
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly required: boolean;
  readonly originRequired: boolean;
  readonly count: number;
  readonly status: Status;
  readonly scopes: readonly Scope[];
  readonly retry: number | null;
}

/** One test of the corpus and everything it is to be charged with. Without marks it must stay silent. */
export interface Case {
  readonly file: string;
  /** Line of the call of `test`, which is the line in the report. */
  readonly line: number;
  readonly title: string;
  /** Titles of the describe blocks around it. */
  readonly group: string;
  readonly marks: readonly Mark[];
}

export interface Corpus {
  readonly cases: readonly Case[];
  /** What hooks and worker fixtures leave behind, found when their worker ends. */
  readonly workerMarks: readonly Mark[];
}

interface Comment {
  readonly line: number;
  readonly text: string;
}

const MARK = /^(leak|late)(\?)?: (\w+)((?: \S+)*)$/;

/**
 * Reads what every spec file below `folder` declares.
 *
 * @throws Error for a mark that cannot be read, or that nobody is charged with
 */
export function readCorpus(folder: string): Corpus {
  const files = listFiles(folder);
  const sites = new Map<string, Mark>();
  const workerMarks: Mark[] = [];
  const charged = new Set<string>();
  for (const file of files) {
    for (const { line, text } of commentsOf(path.join(folder, file))) {
      const name = /#(\w+)/.exec(text)?.[1];
      if (!MARK.test(text)) continue;
      if (name !== undefined) sites.set(name, parseMark(file, line, text));
      else if (/ worker\b(?!=)/.test(text)) workerMarks.push(parseMark(file, line, text));
    }
  }
  const cases = files.filter((file) => file.endsWith('.spec.ts')).flatMap((file) => casesOf(folder, file, sites, charged));
  for (const name of sites.keys()) if (!charged.has(name)) throw new Error(`Nobody is charged with #${name}.`);
  return { cases, workerMarks };
}

function casesOf(folder: string, file: string, sites: ReadonlyMap<string, Mark>, charged: Set<string>): Case[] {
  const source = ts.createSourceFile(file, fs.readFileSync(path.join(folder, file), 'utf8'), ts.ScriptTarget.Latest, true);
  const comments = commentsOf(path.join(folder, file)).filter(({ text }) => MARK.test(text) || text.startsWith('charged: '));
  const taken = new Set<Comment>();
  const cases: Case[] = [];
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1;

  const visit = (node: ts.Node, groups: readonly string[]): void => {
    if (ts.isCallExpression(node) && node.arguments.length >= 2) {
      const [first] = node.arguments;
      const callee = node.expression.getText(source);
      if (first !== undefined && ts.isStringLiteral(first) && callee === 'test.describe') {
        node.arguments.forEach((argument) => visit(argument, [...groups, first.text]));
        return;
      }
      if (first !== undefined && (ts.isStringLiteral(first) || ts.isTemplateExpression(first)) && callee === 'test') {
        const [start, end] = [lineOf(node.getStart(source)), lineOf(node.getEnd())];
        const mine = comments.filter(({ line }) => line >= start && line <= end);
        mine.forEach((comment) => taken.add(comment));
        const title = ts.isStringLiteral(first) ? first.text : first.getText(source);
        const marks = mine.map(({ line, text }) => (text.startsWith('charged') ? site(text) : parseMark(file, line, text)));
        cases.push({ file, line: start, title, group: groups.join(' › '), marks });
        return;
      }
    }
    ts.forEachChild(node, (child) => visit(child, groups));
  };

  const site = (text: string): Mark => {
    const name = text.slice('charged: #'.length);
    const mark = sites.get(name);
    if (mark === undefined) throw new Error(`${file}: there is no #${name}.`);
    charged.add(name);
    return mark;
  };

  visit(source, []);
  const lost = comments.find((comment) => !taken.has(comment) && !/#| worker\b/.test(comment.text));
  if (lost !== undefined) throw new Error(`${file}:${String(lost.line)}: nobody is charged with this mark.`);
  return cases;
}

function parseMark(file: string, line: number, text: string): Mark {
  const [, severity, optional, kind, rest = ''] = MARK.exec(text) ?? [];
  const words = rest.split(' ').filter((word) => word !== '' && !word.startsWith('#') && word !== 'worker');
  const value = (name: string) => words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const unknown = words.find((word) => !/^(?:x\d+|origin\?|(?:scope|status|retry)=[\w|]+)$/.test(word));
  if (unknown !== undefined) throw new Error(`${file}:${String(line)}: "${unknown}" means nothing in a mark.`);
  return {
    file,
    line,
    kind: kind as FindingKind,
    severity: severity as Severity,
    required: optional === undefined,
    originRequired: !words.includes('origin?'),
    count: Number(words.find((word) => /^x\d+$/.test(word))?.slice(1) ?? 1),
    status: (value('status') ?? 'new') as Status,
    scopes: (value('scope') ?? 'test').split('|') as Scope[],
    retry: value('retry') === undefined ? null : Number(value('retry')),
  };
}

function commentsOf(file: string): Comment[] {
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((text, index) => {
    const comment = /\/\/ ((?:leak|late|charged)\b.*)$/.exec(text)?.[1];
    return comment === undefined ? [] : [{ line: index + 1, text: comment.trim() }];
  });
}

function listFiles(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('node_modules') && !file.includes('test-results'))
    .map((file) => file.replaceAll(path.sep, '/'))
    .sort();
}
