import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import { LIBRARY_LEAKS, libraryLeakOf } from '../../../src/core/libraryLeaks.ts';
import { DEFAULT_SETTINGS } from '../../../src/core/options.ts';
import { applyPolicy, verdictOf } from '../../../src/core/policy.ts';

/** As `leak/detector` found it in a script that was the first process of a PID namespace and had closed its Chromium. */
const ZOMBIE: Finding = {
  kind: 'process',
  severity: 'leak',
  status: 'new',
  fingerprint: '0123456789abcdef',
  summary: 'process chrome_crashpad is a zombie',
  hint: 'its parent never waited for it: end the parent, or wait for the child to exit',
  count: 2,
  bytes: null,
  scope: 'test',
  origin: null,
  stack: [],
  evidence: { type: 'zombie', label: 'chrome_crashpad', pid: 28, ppid: 1, argv: [], state: 'zombie', openedIn: 'unknown', pids: [28, 32] },
};

describe('the catalogue of library leaks', () => {
  it('has a thread of the library’s maintainers, a reason and a reproduction for each entry, and each once', () => {
    for (const { upstream, reason, seenWith, evidence } of LIBRARY_LEAKS) {
      expect(upstream).toMatch(/^https:\/\/(?:github\.com\/[\w.-]+\/[\w.-]+\/issues\/\d+|issues\.chromium\.org\/issues\/\d+)$/);
      expect(reason.length).toBeGreaterThan(20);
      expect(seenWith).toMatch(/\d/);
      expect(Object.keys(evidence).length).toBeGreaterThan(1);
      for (const pattern of Object.values(evidence)) expect(pattern.source).toMatch(/^\^.*\$$/);
    }
    expect(new Set(LIBRARY_LEAKS.map(({ id }) => id)).size).toBe(LIBRARY_LEAKS.length);
  });

  it('allows what it knows, with its reason and thread', () => {
    const [finding] = applyPolicy([ZOMBIE], DEFAULT_SETTINGS, '2026-11-21');
    expect(finding).toMatchObject({
      status: 'allowed',
      evidence: {
        allowedBecause: expect.stringContaining('known leak of Chromium: helpers of Chromium become children') as string,
        knownLibraryLeak: {
          id: 'chromium-zombies-without-init',
          upstream: 'https://github.com/puppeteer/puppeteer/issues/1825',
          catalogue: 1,
        },
      },
    });
    expect(verdictOf(finding === undefined ? [] : [finding], false)).toBe('pass');
  });

  it('can be switched off, and leaves the last word to the suite’s own rules', () => {
    expect(applyPolicy([ZOMBIE], { ...DEFAULT_SETTINGS, libraryLeaks: false }, '2026-11-21')[0]?.status).toBe('new');
    const allow = [{ match: 'chrome_crashpad', reason: 'ours' }];
    expect(applyPolicy([ZOMBIE], { ...DEFAULT_SETTINGS, allow }, '2026-11-21')[0]?.evidence).toMatchObject({ allowedBecause: 'ours' });
  });

  it.each([
    ['a browser that still runs', { evidence: { ...ZOMBIE.evidence, type: 'orphan', state: 'sleeping' } }],
    ['a zombie of a process of the suite’s own', { evidence: { ...ZOMBIE.evidence, ppid: 4711 } }],
    ['a zombie of another program', { evidence: { ...ZOMBIE.evidence, label: 'postgres' } }],
    ['a program whose name only begins like it', { evidence: { ...ZOMBIE.evidence, label: 'chromedriver' } }],
    ['a child of which is known who started it', { stack: ['at start (/suite/server.ts:3:9)'] }],
    ['a child that a hook opened', { evidence: { ...ZOMBIE.evidence, openedIn: 'hook' } }],
    ['another kind', { kind: 'fd' as const }],
    ['what says nothing of itself', { evidence: {} }],
  ])('does not know %s', (_, fields) => {
    expect(libraryLeakOf({ ...ZOMBIE, ...fields })).toBeUndefined();
  });
});
