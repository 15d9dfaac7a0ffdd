import type { Finding, FindingKind, Verdict } from './finding.ts';
import { CATALOGUE_VERSION, libraryLeakOf } from './libraryLeaks.ts';
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
 * Gives every leak its status: `allowed` where a rule, the catalogue of library leaks or a threshold covers it, with the reason in its
 * evidence, `new` otherwise. What only a rule covers that has expired is `new`, and says so. Linear in findings.
 * A threshold of n covers a kind only while the test left at most n of it: the (n+1)th makes all of them count.
 *
 * @param findings One for each resource, not yet grouped: of two from the same line, a rule may cover only one.
 * @param today `YYYY-MM-DD` in UTC, against which a rule's expiry is held.
 * @param onMatch Told of every rule that matches a finding, be it expired or not.
 */
export function applyPolicy<F extends Finding>(
  findings: readonly F[],
  settings: ResolvedSettings,
  today: string,
  onMatch: (rule: AllowRule) => void = () => undefined,
): F[] {
  const ruled = findings.map((finding) => excuseLibrary(applyRules(finding, settings.allow, today, onMatch), settings.libraryLeaks));
  const left = countNew(ruled);
  return ruled.map((finding) => {
    if (finding.kind === 'heap' || !isNew(finding)) return finding;
    const name = THRESHOLD_OF[finding.kind];
    const limit = settings.thresholds[name];
    return (left.get(finding.kind) ?? 0) > limit ? finding : allowed(finding, `within thresholds.${name} (${String(limit)})`);
  });
}

function countNew(findings: readonly Finding[]): Map<FindingKind, number> {
  const counts = new Map<FindingKind, number>();
  for (const finding of findings) if (isNew(finding)) counts.set(finding.kind, (counts.get(finding.kind) ?? 0) + finding.count);
  return counts;
}

function isNew({ status, severity }: Finding): boolean {
  return status === 'new' && severity === 'leak';
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

function applyRules<F extends Finding>(finding: F, rules: readonly AllowRule[], today: string, onMatch: (rule: AllowRule) => void): F {
  const matching = rules.filter((rule) => matches(rule, finding));
  matching.forEach(onMatch);
  const rule = matching.find((candidate) => !isExpired(candidate, today));
  if (rule !== undefined) return allowed(finding, rule.reason);
  const [expired] = matching;
  return expired === undefined ? finding : outlived(finding, expired);
}

/** What a library leaves and the suite cannot mend is allowed, with the thread that says so. */
function excuseLibrary<F extends Finding>(finding: F, isWanted: boolean): F {
  const known = isWanted && isNew(finding) ? libraryLeakOf(finding) : undefined;
  if (known === undefined) return finding;
  const { id, library, reason, upstream } = known;
  const excused = allowed(finding, `known leak of ${library}: ${reason}`);
  return { ...excused, evidence: { ...excused.evidence, knownLibraryLeak: { id, upstream, catalogue: CATALOGUE_VERSION } } };
}

function allowed<F extends Finding>(finding: F, reason: string): F {
  return { ...finding, status: 'allowed', evidence: { ...finding.evidence, allowedBecause: reason } };
}

/** What an expired rule covered counts again, and says so. */
function outlived<F extends Finding>(finding: F, rule: AllowRule): F {
  return {
    ...finding,
    hint: `${finding.hint}; ${describeExpiry(rule)}`,
    evidence: { ...finding.evidence, allowExpired: describeExpiry(rule) },
  };
}

/** `the allow rule “held by the lock server” of shop expired on 2027-06-30`. */
function describeExpiry({ reason, owner, expires }: AllowRule): string {
  return `the allow rule “${reason}”${owner === undefined ? '' : ` of ${owner}`} expired on ${expires ?? ''}`;
}

/** Why leaks count again that were allowed once: one sentence for each rule that has expired. */
export function expiredRules(findings: Iterable<Finding>): string[] {
  const sentences = new Set<string>();
  for (const finding of findings) {
    const { allowExpired } = finding.evidence;
    if (isGating(finding) && finding.status === 'new' && typeof allowExpired === 'string') sentences.add(allowExpired);
  }
  return [...sentences];
}

function isExpired({ expires }: AllowRule, today: string): boolean {
  return expires !== undefined && expires < today;
}

function matches(rule: AllowRule, finding: Finding): boolean {
  if (rule.kind !== undefined && rule.kind !== finding.kind) return false;
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
