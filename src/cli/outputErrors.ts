/** What is used of an output stream. */
export interface OutputStream {
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
  write(text: string): unknown;
}

/**
 * Keeps a write that fails from ending the process with a stack trace. A pipe that was closed early, as by `leak show | head`, is no fault;
 * of anything else the other stream is told in one sentence.
 *
 * @param onFault the output is not what it should be: the exit code has to say so
 */
export function handleOutputErrors(out: OutputStream, error: OutputStream, onFault: () => void): void {
  const told = new Set<OutputStream>();
  for (const [stream, other] of [
    [out, error],
    [error, out],
  ] as const) {
    stream.on('error', (cause) => {
      if (cause.code === 'EPIPE') return;
      onFault();
      // Every further write fails, too, and so may that of the sentence.
      if (told.has(stream)) return;
      told.add(stream).add(other);
      other.write(`leak: the output could not be written (${cause.message}).\n`);
    });
  }
}
