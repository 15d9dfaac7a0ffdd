import type { LeakReport } from '../../../src/core/report.ts';
import { finding, report, scenario, test } from './sampleReports.ts';

/** What a title may hold to break out of where it is shown. */
export const HOSTILE = [
  '"><script>alert(1)</script><img src=x onerror=alert(2)>',
  '| a | b |\\| c `code` ``more`` **bold** _em_ ~~no~~ [link](https://evil.example) ![i](https://evil.example/x.png)',
  '\n\n# heading\r\n- item\n```\nfence\n```\n::error::injected\n  ::add-mask::e\n##[error]injected\n::set-output name=x::y',
  ']]> --> <!-- &amp; &#x41; &lt; %0A%25 {0} {{1}} [[ATTACHMENT|/etc/passwd]] @somebody #1 :tada: https://evil.example www.evil.example',
  '\u001b[31mred\u001b[0m \u0000\u0007\u0008\u000b\u000c\ufffe\uffff \u202edesrever\u2066 \ud800 \udfff \ud83d\ude00',
  "' onmouseover='alert(3) $(rm -rf /) `id` ${{ github.token }} $x^2$ $$y$$",
].join(' ');

/** The name of a file that can be, but should not. */
export const HOSTILE_FILE = `a "b" <c> 'd' &amp; 100%25, e:f;g::h|\`i\` [j](k) ##[error]l {0} \u202em ü 😀.spec.ts`;

/** Everything that others name is hostile, and long. */
export function hostileReport(): LeakReport {
  const text = `${HOSTILE} ${'x'.repeat(10_000)}`;
  const origin = { file: HOSTILE_FILE, line: 2, column: 3 };
  const leak = finding(0, { summary: text, hint: text, origin, stack: [`at ${HOSTILE} (${HOSTILE}:1:1)`], evidence: { path: text } });
  const known = finding(1, { ...leak, fingerprint: 'k'.repeat(16), status: 'known' });
  const allowed = finding(2, { ...leak, fingerprint: 'a'.repeat(16), status: 'allowed', evidence: { allowedBecause: text } });
  const late = finding(4, { ...leak, fingerprint: 'b'.repeat(16), severity: 'late', origin: null });
  const owner = test(0, { title: text, titlePath: ['a', text], file: origin.file, project: text, findings: [leak, known, allowed, late] });
  const undecided = test(1, { title: text, titlePath: ['a', text], file: origin.file, verdict: 'inconclusive', notes: [text] });
  const failed = scenario({ name: text, testId: owner.id, reasons: [text], notes: [text], findings: [leak] });
  const held = scenario({ name: text, testId: undecided.id, reasons: [text], verdict: 'pass', failed: false, findings: [] });
  const course = { first: 24, last: 26, samples: [24, 25, 26] };
  return report([owner, undecided], {
    scenarios: [failed, held],
    notes: [text],
    gate: { failed: true, reasons: ['1 new leak', text], failOn: 'leak' },
    workers: [
      {
        workerIndex: 0,
        pid: 7,
        ended: 'died',
        findings: [{ ...leak, scope: 'worker', origin: null }],
        courses: { fds: course },
        notes: [text],
      },
    ],
    environment: {
      ...{ node: text, playwright: text, platform: text },
      detectors: [{ name: text, available: false, reason: text }],
    },
  });
}
