import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, it } from 'vitest';
import { MAX_SUMMARY_BYTES, renderMarkdown } from '../../../src/render/markdown.ts';
import { codeBlock, inlineCode } from '../../../src/render/markdownText.ts';
import { sourceLink } from '../../../src/render/sourceLink.ts';
import { HOSTILE, HOSTILE_FILE, hostileReport } from './hostileReport.ts';
import { finding, largeReport, report, scenario, test } from './sampleReports.ts';

const context = { repositoryPath: (file: string) => `tests/${file}`, reportPath: 'leak-report/index.html' };
const origin = { file: 'orders.spec.ts', line: 2, column: 17 };
const spec = { file: 'orders.spec.ts', line: 1, titlePath: ['orders.spec.ts', 'exports'], title: 'exports' };
const SOURCE = "test('exports', () => {\n  const fd = fs.openSync(name);\n});\n".split('\n');

/** As GitHub does, but with all HTML let through: what is harmless so is harmless there. */
function html(markdown: string): string {
  return micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true, allowDangerousProtocol: true });
}

/** Names of the elements, each once. */
function elements(markdown: string): string[] {
  return [...new Set([...html(markdown).matchAll(/<([a-z][a-z0-9]*)[^>]*>/gi)].map(([, name = '']) => name))].sort();
}

const bytes = (text: string): number => Buffer.byteLength(text);

describe('the job summary', () => {
  it('says the verdict, the gate and why, the findings, their code, and the workers', () => {
    const course = { first: 24, last: 26, samples: [24, 25, 26] };
    const workers = [{ workerIndex: 0, pid: 1, ended: 'in order', findings: [], courses: { fds: course }, notes: [] }] as const;
    const late = finding(4, { severity: 'late', origin: null, summary: 'browser chromium closed 86 ms after its test', hint: 'await it' });
    const leaky = report([test(0, { ...spec, findings: [finding(0, { origin, hint: 'close it' }), late] })], { workers });
    expect(renderMarkdown(leaky, { ...context, source: () => SOURCE })).toBe(`## ❌ leak: something leaks

**Gate failed:** <code>1 new leaks</code>

1 test · 1 worker · 1 leak in 1 test · 1 late

1 passed (1.2 min) · leak checks 0.9 ms a test

|  | leak | opened at | in |
| --- | --- | --- | --- |
| **new** | <code>fd · /tmp/orders.csv is still open</code> | <code>orders.spec.ts:2:17</code> | <code>orders.spec.ts:1 › exports</code> |
| late | <code>browser · chromium closed 86 ms after its test</code> |  | <code>orders.spec.ts:1 › exports</code> |

### Leaks

\`\`\`text
LEAK  fd · /tmp/orders.csv is still open                                  orders.spec.ts:1 › exports
      opened at orders.spec.ts:2:17
        1 | test('exports', () => {
      > 2 |   const fd = fs.openSync(name);
          |                 ^
        3 | });
      close it
\`\`\`

### Workers

\`\`\`text
worker 0   fds 24 → 26 ▁▅█
\`\`\`

### Not judged, not measured, and notes

\`\`\`text
not measured here: page heap (firefox: no CDP)
\`\`\`

Evidence, stacks and all charts are in <code>leak-report/index.html</code>.
`);
  });

  it('is short when nothing leaks', () => {
    const detectors = [{ name: 'fds', available: true }];
    const text = renderMarkdown(report([test(0)], { environment: { node: '', playwright: '', platform: '', detectors } }), context);
    expect(text).toContain('## ✅ leak: nothing leaks\n\n**Gate passed**\n\n1 test · 1 worker · no leaks');
    expect(elements(text)).toEqual(['code', 'h2', 'p', 'strong']);
  });

  it('says when nothing gates, and when nothing could be judged', () => {
    const gate = { failed: false, reasons: [], failOn: 'never' };
    const text = renderMarkdown(report([test(0)], { gate, verdict: 'inconclusive' }), context);
    expect(text).toContain('## ✅ leak: inconclusive\n\n**Gate passed**: nothing gates\n');
  });

  it('draws the courses of a scenario that leaks', () => {
    const text = renderMarkdown(report([test(0, spec)], { scenarios: [scenario()] }), context);
    expect(text).toContain('LEAK  scenario drawer · 1000 iterations · linear');
    expect(text).toMatch(/^ {6}\s*33 .*[╭─]/m);
    expect(text).toMatch(/fds 24 → 33 ▁/);
  });

  it('links lines to where the repository is shown', () => {
    const leaky = report([test(0, { ...spec, findings: [finding(0, { origin })] })]);
    const env = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'shop/shop', GITHUB_SHA: 'abc' };
    expect(html(renderMarkdown(leaky, { ...context, link: sourceLink(env) }))).toContain(
      '<td><a href="https://github.com/shop/shop/blob/abc/tests/orders.spec.ts#L2"><code>orders.spec.ts:2:17</code></a></td>',
    );
  });

  it('keeps to the rows of its tables and to code for every text of others', () => {
    const link = sourceLink({ CI_PROJECT_URL: 'https://gitlab.com/shop/shop', CI_COMMIT_SHA: 'abc' });
    const text = renderMarkdown(hostileReport(), {
      ...context,
      link,
      source: () => `${HOSTILE}\n`.repeat(3).split('\n'),
      reportPath: HOSTILE,
    });
    const page = html(text);
    expect(elements(text)).toEqual(['a', 'code', 'h2', 'h3', 'p', 'pre', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr']);
    expect(page.match(/<td>/g)).toHaveLength(4 * 4);
    expect(page.match(/<h[23]>/g)).toHaveLength(5);
    const links = [...page.matchAll(/<a href="([^"]*)">/g)].map(([, address = '']) => address);
    const file = HOSTILE_FILE.split('/').map((part) =>
      encodeURIComponent(part).replaceAll("'", '%27').replace('(', '%28').replace(')', '%29'),
    );
    expect([...new Set(links)]).toEqual([`https://gitlab.com/shop/shop/-/blob/abc/tests/${file.join('/')}#L2`]);
    expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202a-\u202e]|\p{Surrogate}/u);
    // Outside of code there is nothing of it.
    expect(page.replace(/<code[^]*?<\/code>/g, '')).not.toMatch(/alert|evil|somebody|injected|tada|xxx/);
  });

  it('stays below the limit of GitHub for a large report, and says what it leaves out', () => {
    const text = renderMarkdown(largeReport(10_000, 2_000), context);
    expect(bytes(text)).toBeLessThan(200_000);
    expect(text).toMatch(/^and \d+ more\.$/m);
    expect(text).toMatch(/^and \d+ more leaks$/m);
  });

  it('keeps within the bytes it is given, whole rows and blocks, and says that it was cut', () => {
    const large = largeReport(1000, 500);
    const whole = renderMarkdown(large, context, MAX_SUMMARY_BYTES);
    for (const limit of [200, 1000, 5000, bytes(whole) - 1]) {
      const text = renderMarkdown(large, context, limit);
      expect(bytes(text)).toBeLessThanOrEqual(limit);
      expect(text).toMatch(/\n\nThis summary was cut short; everything is in <code>leak-report\/index\.html<\/code>\.\n$|^\nThis/);
      expect((text.match(/^```/gm) ?? []).length % 2).toBe(0);
    }
    expect(renderMarkdown(large, context, bytes(whole))).toBe(whole);
  });
});

describe('code in Markdown', () => {
  it.each([
    HOSTILE_FILE,
    '',
    '`',
    ' a ',
    'a`` b',
    '|',
    '\\|',
    '\\',
    'a\\',
    '&amp;',
    '<b>',
    '*a*',
    '[a](b)',
    'https://a.example',
    'www.a.example',
    '$x$',
  ])('shows %j as it is, in a line and in a table', (text) => {
    const shown = `<code>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')}</code>`;
    expect(html(`a ${inlineCode(text)} b`)).toBe(`<p>a ${shown} b</p>`);
    expect(html(`| a | b |\n| - | - |\n| ${inlineCode(text)} | c |`)).toContain(`<td>${shown}</td>\n<td>c</td>`);
  });

  it('is not ended by any fence in it', () => {
    expect(html(codeBlock(['```', '# a', '````', '~~~']))).toBe('<pre><code class="language-text">```\n# a\n````\n~~~\n</code></pre>\n');
  });
});

describe('the address of a source line', () => {
  const place = { file: 'tests/a (b)/ü #1.spec.ts', line: 7 };

  it('is on GitHub, also on a server of one’s own, or on GitLab', () => {
    const env = { GITHUB_SERVER_URL: 'https://git.example', GITHUB_REPOSITORY: 'a/b', GITHUB_SHA: 'c' };
    expect(sourceLink(env)?.(place)).toBe('https://git.example/a/b/blob/c/tests/a%20%28b%29/%C3%BC%20%231.spec.ts#L7');
    const gitlab = { CI_PROJECT_URL: 'https://gitlab.com/a/b', CI_COMMIT_SHA: 'c' };
    expect(sourceLink(gitlab)?.(place)).toMatch(/^https:\/\/gitlab\.com\/a\/b\/-\/blob\/c\/tests\//);
  });

  it.each([{}, { GITHUB_SERVER_URL: 'https://github.com' }, { CI_PROJECT_URL: 'javascript:alert(1)', CI_COMMIT_SHA: 'c' }])(
    'is none with %j',
    (env) => {
      expect(sourceLink(env)).toBeUndefined();
    },
  );
});
