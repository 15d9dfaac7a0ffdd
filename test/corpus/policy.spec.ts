import fs from 'node:fs';
import { test, expect } from 'leak/fixtures';
import { scratchFile } from './support/scratchFile.ts';

test.describe('allowed by leakOptions', () => {
  test.use({ leakOptions: { allow: [{ kind: 'fd', match: 'lock', reason: 'held by the lock server' }] } });

  test('allowed', ({}, testInfo) => {
    const file = scratchFile(testInfo, 'orders.lock');
    fs.openSync(file, 'r'); // leak: fd status=allowed
  });
  test('leaky', ({}, testInfo) => {
    const file = scratchFile(testInfo, 'orders.csv');
    fs.openSync(file, 'r'); // leak: fd
  });
});

test.describe('allowed by leak.allow', () => {
  test('allowed', ({ leak }, testInfo) => {
    leak.allow({ kind: 'fd', match: 'lock', reason: 'held by the lock server' });
    const file = scratchFile(testInfo, 'orders.lock');
    fs.openSync(file, 'r'); // leak: fd status=allowed
  });
  test('leaky', ({}, testInfo) => {
    const file = scratchFile(testInfo, 'orders.lock');
    fs.openSync(file, 'r'); // leak: fd
  });
});

test.describe('allowed by a threshold', () => {
  test.use({ leakOptions: { thresholds: { fds: 2 } } });

  test('allowed', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    for (let copy = 0; copy < 2; copy += 1) {
      fs.openSync(file, 'r'); // leak: fd x2 status=allowed
    }
  });
  test('leaky', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    for (let copy = 0; copy < 3; copy += 1) {
      fs.openSync(file, 'r'); // leak: fd x3
    }
  });
});

test.describe('an expired rule', () => {
  test.use({ leakOptions: { allow: [{ kind: 'fd', match: 'lock', reason: 'until the migration', expires: '2020-01-01' }] } });

  test('leaky', ({}, testInfo) => {
    const file = scratchFile(testInfo, 'orders.lock');
    fs.openSync(file, 'r'); // leak: fd
  });
  test('clean', ({}, testInfo) => {
    fs.closeSync(fs.openSync(scratchFile(testInfo, 'orders.lock'), 'r'));
  });
});

test.describe('mode off', () => {
  test.use({ leakOptions: { mode: 'off' } });

  test('unseen', ({}, testInfo) => {
    fs.openSync(scratchFile(testInfo), 'r');
  });
});

test.describe('leak.check', () => {
  test('leaky', async ({ leak }, testInfo) => {
    const file = scratchFile(testInfo);
    fs.openSync(file, 'r'); // leak: fd
    const findings = await leak.check();
    expect(findings.map((finding) => finding.kind)).toEqual(['fd']);
  });
  test('clean', async ({ leak }, testInfo) => {
    const fd = fs.openSync(scratchFile(testInfo), 'r');
    fs.closeSync(fd);
    expect(await leak.check()).toEqual([]);
  });
});
