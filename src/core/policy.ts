import type { Finding, FindingKind, Verdict } from './finding.ts';
import type { AllowRule, ResolvedSettings, Thresholds } from './options.ts';

const THRESHOLD_OF: Readonly<Record<Exclude<FindingKind, 'heap'>, keyof Thresholds>> = {
  fd: 'fds',
  process: 'processes',
  handle: 'handles',
  browser: 'browsers',
  context: 'contexts',
  page: 'pages',
  request: 'requests',
  object: 'objects',
};

/**
 * Gives every leak its status: `allowed` where a rule or a threshold covers it, with the reason in its evidence, `new` otherwise.
 * A threshold of n covers a kind only while the test left at most n of it: the (n+1)th makes all of them count.
 *
 * @param today `YYYY-MM-DD` in UTC, against which a rule's expiry is held.
 */
export function applyPolicy<F extends Finding>(findings: readonly F[], settings: ResolvedSettings, today: string): F[] {
  const ruled = findings.map((finding) => applyRules(finding, settings.allow, today));
  return ruled.map((finding) => {
    if (finding.kind === 'heap' || finding.status !== 'new' || finding.severity !== 'leak') return finding;
    const name = THRESHOLD_OF[finding.kind];
    const limit = settings.thresholds[name];
    const left = ruled.filter((other) => other.kind === finding.kind && other.status === 'new' && other.severity === 'leak');
    if (left.reduce((sum, other) => sum + other.count, 0) > limit) return finding;
    return allowed(finding, `within thresholds.${name} (${String(limit)})`);
  });
}

/** Whether a finding makes its test a leaking one: it is a leak and nothing allows it. */
export function isGating(finding: Finding): boolean {
  return finding.severity === 'leak' && finding.status !== 'allowed';
}

/** A test's verdict from its findings: `leak` when one of severity leak is not allowed; `inconclusive` only when nothing leaked. */
export function verdictOf(findings: readonly Finding[], undecided: boolean): Verdict {
  if (findings.some(isGating)) return 'leak';
  return undecided ? 'inconclusive' : 'pass';
}

function applyRules<F extends Finding>(finding: F, rules: readonly AllowRule[], today: string): F {
  const rule = rules.find((candidate) => covers(candidate, finding, today));
  return rule === undefined ? finding : allowed(finding, rule.reason);
}

function allowed<F extends Finding>(finding: F, reason: string): F {
  return { ...finding, status: 'allowed', evidence: { ...finding.evidence, allowedBecause: reason } };
}

function covers(rule: AllowRule, finding: Finding, today: string): boolean {
  if (rule.kind !== undefined && rule.kind !== finding.kind) return false;
  if (rule.expires !== undefined && rule.expires < today) return false;
  const { origin } = finding;
  const label = finding.evidence['label'];
  const texts = [
    finding.summary,
    ...(typeof label === 'string' ? [label] : []),
    ...(origin === null ? [] : [`${origin.file}:${String(origin.line)}:${String(origin.column)}`]),
    ...finding.stack,
  ];
  return texts.some((text) => (typeof rule.match === 'string' ? text.includes(rule.match) : text.search(rule.match) !== -1));
}
