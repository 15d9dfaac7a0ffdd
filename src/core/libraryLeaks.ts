import type { Finding, FindingKind } from './finding.ts';
import type { Json } from './resource.ts';

/** Goes up with every change of an entry, so that a report tells by which catalogue it was judged. */
export const CATALOGUE_VERSION = 1;

/** A leak that is a library's and not the suite's, with the thread in which its maintainers say so. */
export interface LibraryLeak {
  /** Stands in the evidence of what it allows. */
  readonly id: string;
  readonly library: string;
  /** Versions with which it was reproduced. */
  readonly seenWith: string;
  /** Release of this package that took it in. */
  readonly since: string;
  readonly kind: FindingKind;
  /** Every one of these must match the finding's evidence as text. */
  readonly evidence: Readonly<Record<string, RegExp>>;
  /** Why it is not the suite's, and what helps. */
  readonly reason: string;
  readonly upstream: string;
}

/**
 * Known leaks of libraries. An entry must be so narrow that it cannot cover a leak of the suite's own, and must have been reproduced: what
 * is only likely a library's fault stays a leak, and is the user's to allow.
 */
export const LIBRARY_LEAKS: readonly LibraryLeak[] = [
  {
    id: 'chromium-zombies-without-init',
    library: 'Chromium',
    seenWith: 'Chromium 156, Playwright 1.65.1, Node 20 as the first process of a PID namespace',
    since: '0.1.0',
    kind: 'process',
    // Node waits for every child that it started itself: a zombie that nobody here started, below the first process, is an orphan's.
    evidence: {
      type: /^zombie$/,
      ppid: /^1$/,
      openedIn: /^unknown$/,
      label: /^(?:chrome_crashpad|chrome|chromium|headless_shell|chrome-headless)$/,
    },
    reason:
      'helpers of Chromium become children of the first process of a container, which must wait for them: give it an init (docker run --init)',
    upstream: 'https://github.com/puppeteer/puppeteer/issues/1825',
  },
];

/** The entry of the catalogue that a finding is; `undefined` for anything else. Whatever has a stack is somebody's own. */
export function libraryLeakOf(finding: Pick<Finding, 'kind' | 'stack' | 'origin' | 'evidence'>): LibraryLeak | undefined {
  if (finding.stack.length > 0 || finding.origin !== null) return undefined;
  return LIBRARY_LEAKS.find(
    ({ kind, evidence }) =>
      kind === finding.kind && Object.entries(evidence).every(([name, pattern]) => pattern.test(textOf(finding.evidence[name]))),
  );
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
