import { describe, expect, it } from 'vitest';
import { fingerprint, normalizeLabel, type FingerprintParts } from '../../../src/core/fingerprint.ts';

const parts: FingerprintParts = {
  kind: 'fd',
  type: 'file',
  file: 'checkout.spec.ts',
  place: 'checkout › exports',
  source: '  const fd = fs.openSync(name);',
  label: '/tmp/a-1.csv',
};

describe('fingerprint', () => {
  it('stays the same when the line moves, is indented anew, or the label differs', () => {
    expect(fingerprint({ ...parts, source: 'const fd =  fs.openSync(name);', label: '/tmp/b-2.csv' })).toBe(fingerprint(parts));
  });

  it.each([{ kind: 'handle' }, { type: 'socket' }, { file: 'other.spec.ts' }, { place: 'other test' }, { source: 'open()' }])(
    'differs when %o differs',
    (change) => {
      expect(fingerprint({ ...parts, ...change })).not.toBe(fingerprint(parts));
    },
  );

  it('goes by the normalized label where there is no origin', () => {
    const nowhere = { ...parts, file: null, place: null, source: null };
    expect(fingerprint({ ...nowhere, label: '127.0.0.1:4711' })).toBe(fingerprint({ ...nowhere, label: '127.0.0.1:4712' }));
    expect(fingerprint({ ...nowhere, label: '/var/log/a.log' })).not.toBe(fingerprint({ ...nowhere, label: '/var/log/b.log' }));
  });
});

describe('normalizeLabel', () => {
  it.each([
    ['/tmp/leak-Ab3xYz/orders.csv', '/tmp/leak-*/orders.csv'],
    ['/tmp/profile.Ab3xYz', '/tmp/profile-*'],
    ['127.0.0.1:4711', '*.*.*.*:*'],
    ['6ba7b810-9dad-11d1-80b4-00c04fd430c8', '*'],
    ['node worker.js --port 3000', 'node worker.js --port *'],
  ])('%s becomes %s', (label, normalized) => {
    expect(normalizeLabel(label)).toBe(normalized);
  });

  it('keeps words that only look hexadecimal', () => {
    expect(normalizeLabel('/srv/facade/decade')).toBe('/srv/facade/decade');
  });
});
