/** What was thrown, as text: the message of an error, anything else as it prints. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The first line of it: Playwright's errors go on with a log of what it tried. */
export function firstLineOf(thrown: unknown): string {
  return messageOf(thrown).split('\n')[0] ?? '';
}
