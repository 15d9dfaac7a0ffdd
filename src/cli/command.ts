/** What a command sees of the world: where it was called, and a screen. */
export interface Terminal {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly columns: number;
  /** Lines of the terminal, where it is one that can be drawn on. */
  readonly rows?: number | undefined;
  readonly color: boolean;
  out(text: string): void;
  error(text: string): void;
}

export interface Command {
  /** One line for `leak --help`. */
  readonly summary: string;
  /** The whole text of `leak <command> --help`. */
  readonly usage: string;
  /**
   * Runs the command and returns the exit code: 0 fine, 1 not fine.
   *
   * @throws UsageError when the arguments make no sense: exit code 2.
   */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

/** The command was called in a way it does not understand. The message is one sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
