import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { handleOutputErrors, type OutputStream } from '../../../src/cli/outputErrors.ts';

/** A stream that keeps what is written to it, and one that it may fail with. */
class FakeStream extends EventEmitter implements OutputStream {
  readonly written: string[] = [];

  write(text: string): void {
    this.written.push(text);
  }

  fail(code: string): void {
    this.emit('error', Object.assign(new Error(`${code}: it failed, write`), { code }));
  }
}

function streams() {
  const [out, error] = [new FakeStream(), new FakeStream()];
  let faults = 0;
  handleOutputErrors(out, error, () => (faults += 1));
  return { out, error, faults: () => faults };
}

describe('a write that fails', () => {
  it.each(['out', 'error'] as const)('is no fault where the pipe of %s was closed early', (name) => {
    const all = streams();
    all[name].fail('EPIPE');
    expect([all.faults(), all.out.written, all.error.written]).toEqual([0, [], []]);
  });

  it.each([
    ['out', 'error'],
    ['error', 'out'],
  ] as const)('to %s is a fault, told once, on %s', (name, other) => {
    const all = streams();
    all[name].fail('ENOSPC');
    all[name].fail('ENOSPC');
    expect(all[other].written).toEqual(['leak: the output could not be written (ENOSPC: it failed, write).\n']);
    expect(all[name].written).toEqual([]);
    expect(all.faults()).toBe(2);
  });

  it('is told nowhere when both fail', () => {
    const { out, error } = streams();
    out.fail('ENOSPC');
    error.fail('ENOSPC');
    expect([out.written.length, error.written.length]).toEqual([0, 1]);
  });
});
