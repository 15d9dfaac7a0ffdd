/** The lines of a source file named as in a report, for code frames; `undefined` when they cannot be shown. */
export type ReadSource = (file: string) => readonly string[] | undefined;
