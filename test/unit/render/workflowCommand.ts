/** A workflow command as the runner understands it. */
export interface WorkflowCommand {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

const NAMES = ['error', 'warning', 'notice', 'debug', 'add-mask', 'stop-commands', 'group', 'endgroup', 'set-output', 'save-state'];

/** Reads a log as GitHub's runner does (`ActionCommand.cs`): `::name a=b,c=d::data` after spaces, `##[name a=b]data` anywhere in a line. */
export function workflowCommands(log: string): WorkflowCommand[] {
  return log.split(/\r\n|\r|\n/).flatMap((line) => second(line) ?? first(line) ?? []);
}

function second(line: string): WorkflowCommand | null {
  const text = line.trimStart();
  const end = text.indexOf('::', 2);
  return text.startsWith('::') && end >= 0 ? command(text.slice(2, end), ',', text.slice(end + 2), { ':': '%3A', ',': '%2C' }) : null;
}

function first(line: string): WorkflowCommand | null {
  const start = line.indexOf('##[');
  const end = start < 0 ? -1 : line.indexOf(']', start);
  return end < 0 ? null : command(line.slice(start + 3, end), ';', line.slice(end + 1), { ';': '%3B', ']': '%5D' });
}

function command(info: string, separator: string, data: string, more: Readonly<Record<string, string>>): WorkflowCommand | null {
  const space = info.indexOf(' ');
  const name = space < 0 ? info : info.slice(0, space);
  if (!NAMES.includes(name)) return null;
  const pairs = space < 0 ? [] : info.slice(space + 1).split(separator);
  const properties = pairs.flatMap((pair) => {
    const equals = pair.indexOf('=');
    return equals <= 0 || equals === pair.length - 1 ? [] : [[pair.slice(0, equals), unescape(pair.slice(equals + 1), more)] as const];
  });
  return { name, properties: Object.fromEntries(properties), data: unescape(data, {}) };
}

/** In the runner's order: `%25` last. */
function unescape(text: string, more: Readonly<Record<string, string>>): string {
  const tokens = { '\r': '%0D', '\n': '%0A', ...more, '%': '%25' };
  return Object.entries(tokens).reduce((plain, [token, escaped]) => plain.replaceAll(escaped, token), text);
}
