/** What was thrown, as text: the message of an error, anything else as it prints. Whatever it is, this never throws. */
export function messageOf(thrown: unknown): string {
  try {
    const message: unknown = thrown instanceof Error ? thrown.message : undefined;
    return typeof message === 'string' ? message : String(thrown);
  } catch {
    // Without a prototype, or with a getter or a proxy that throws.
    return `${typeof thrown === 'object' ? 'an object' : 'a function'} that cannot be printed`;
  }
}

/** The first line of it: Playwright's errors go on with a log of what it tried. */
export function firstLineOf(thrown: unknown): string {
  return messageOf(thrown).split('\n')[0] ?? '';
}
