const MAX_LENGTH = 120;

/**
 * A command line as a person recognizes it: program without its folder, arguments, cut. A zombie has only its name. Chromium's
 * helpers write their whole command line into one argument.
 */
export function commandLabel(redactedArgv: readonly string[], name: string): string {
  const [program = '', ...rest] = redactedArgv.length === 1 ? (redactedArgv[0] ?? '').split(' ') : redactedArgv;
  if (program === '') return name;
  const text = [program.slice(program.lastIndexOf('/') + 1) || program, ...rest].join(' ');
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 1)}…` : text;
}
