import { createHash } from 'node:crypto';
import type { ReadSource } from '../core/readSource.ts';
import type { LeakReport } from '../core/report.ts';
import { buildPageData } from './buildPageData.ts';
import { escapeHtml, jsonPieces } from './escapeHtml.ts';
import type { PageData, PageFinding } from './pageData.ts';

export interface HtmlOptions {
  /** The page's own program and style sheet, as the build made them. */
  readonly code: { readonly script: string; readonly style: string };
  readonly source: ReadSource;
}

/** Findings that are shown where scripts may not run, as in the artifact viewers of some CI servers. */
const MAX_STATIC = 100;

/**
 * The report as one HTML file that needs nothing else: no network, no other file, no server. Its content security policy lets it run
 * its own script and use its own style, each known by its hash, and nothing besides. Without scripts it shows the verdict and the findings
 * as plain lists.
 *
 * @example writeFileSync('index.html', renderHtml(report, { code, source: () => undefined }));
 */
export function renderHtml(report: LeakReport, options: HtmlOptions): string {
  return [...htmlPieces(report, options)].join('');
}

/** The same in pieces: the page of a hundred thousand tests is longer than anybody wants to hold at once. */
export function htmlPieces(report: LeakReport, { code, source }: HtmlOptions): Iterable<string> {
  const data = buildPageData(report, source);
  const frame = documentFrame({ title: `${verdictOf(data)} · leak`, style: code.style, script: code.script });
  return {
    *[Symbol.iterator]() {
      yield `${frame.head}<div id="app">${withoutScript(data)}</div>\n<script type="application/json" id="data">`;
      yield* jsonPieces(data);
      yield `</script>\n<script>${code.script}</script>${frame.tail}`;
    },
  };
}

/** A whole HTML document with its policy. `title` is escaped here, `body` is HTML already. */
export function renderDocument({ body, ...parts }: DocumentParts & { readonly body: string }): string {
  const { head, tail } = documentFrame(parts);
  return head + body + tail;
}

interface DocumentParts {
  readonly title: string;
  readonly style: string;
  readonly script: string | null;
}

function documentFrame(parts: DocumentParts): { head: string; tail: string } {
  const script = parts.script === null ? '' : `script-src ${hashOf(parts.script)}; `;
  const policy = `default-src 'none'; ${script}style-src ${hashOf(parts.style)}; base-uri 'none'; form-action 'none'`;
  // Nothing turns text into HTML or into code here, and nothing may: not even a fault of this package.
  const trustedTypes = "; require-trusted-types-for 'script'; trusted-types 'none'";
  const head = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy + trustedTypes)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(parts.title)}</title>
<style>${parts.style}</style>
</head>
<body>
`;
  return { head, tail: '\n</body>\n</html>\n' };
}

/** What the page is about, in two words. */
function verdictOf({ summary }: PageData): string {
  return summary.gate.failed ? 'Gate failed' : 'Gate passed';
}

function withoutScript(data: PageData): string {
  const { gate } = data.summary;
  const shown = data.findings.slice(0, MAX_STATIC).map((finding) => staticFinding(finding, data));
  const more = data.findings.length - shown.length;
  return [
    '<main class="page">',
    `<h1>${escapeHtml(verdictOf(data))}</h1>`,
    ...(gate.reasons.length > 0 ? [`<p>${escapeHtml(gate.reasons.join(' · '))}</p>`] : []),
    `<p>${String(data.findings.length)} findings in ${String(data.tests.title.length)} results. Scripts do not run here: this is the short form.</p>`,
    ...(shown.length > 0 ? [`<ul>${shown.join('')}</ul>`] : []),
    ...(more > 0 ? [`<p>and ${String(more)} more</p>`] : []),
    '</main>',
  ].join('');
}

function staticFinding({ kind, status, severity, summary, origin, owners }: PageFinding, { strings, tests }: PageData): string {
  const place = origin === null ? '' : ` · ${strings[origin.file] ?? ''}:${String(origin.line)}:${String(origin.column)}`;
  const test = owners[0]?.test === undefined ? '' : ` · ${tests.title[owners[0].test] ?? ''}`;
  return `<li>${escapeHtml(`${severity === 'late' ? 'late' : status} · ${kind} · ${summary}${place}${test}`)}</li>`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
