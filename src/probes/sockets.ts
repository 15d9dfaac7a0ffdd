import { endianness } from 'node:os';
import { readText } from './procfs.ts';

/** One socket of a network namespace, as /proc/net tells it. */
export interface SocketFacts {
  readonly protocol: 'tcp' | 'udp' | 'unix';
  /** `127.0.0.1:8080`, `[::1]:8080`, or the path of a unix socket (empty when it has none; `@name` when it is abstract). */
  readonly local: string;
  /** `null` when it is connected to nobody, and for unix sockets, whose peer the kernel does not tell here. */
  readonly remote: string | null;
  /** `listening`, `established`, `close wait` … */
  readonly state: string;
}

/** include/net/tcp_states.h; UDP uses 1 (connected) and 7 (bound) of them. */
const TCP_STATES = [
  'unknown',
  'established',
  'syn sent',
  'syn received',
  'fin wait 1',
  'fin wait 2',
  'time wait',
  'closed',
  'close wait',
  'last acknowledgement',
  'listening',
  'closing',
];

/** enum socket_state of include/uapi/linux/net.h. */
const UNIX_STATES = ['free', 'unconnected', 'connecting', 'connected', 'disconnecting'];

/** SO_ACCEPTCON of include/linux/net.h: it listens. */
const ACCEPTS = 0x10000;

const UNIX_LINE = /^\S+: \S+ \S+ (\S+) \S+ (\S+) +(\d+)(?: (.*))?$/;

/**
 * Looks up sockets by inode in the network namespace of a process. Each table is read once, and only while an inode is still
 * missing, so the cost is linear in the number of sockets of the machine. Inodes that are in no table (netlink, raw, another
 * namespace, closed meanwhile) are left out.
 */
export function readSockets(inodes: ReadonlySet<string>, pid: number | 'self' = 'self'): Map<string, SocketFacts> {
  const found = new Map<string, SocketFacts>();
  for (const [table, parse] of TABLES) {
    if (found.size === inodes.size) break;
    const text = readText(`/proc/${String(pid)}/net/${table}`);
    if (text === undefined) continue;
    for (const line of text.split('\n').slice(1)) {
      const socket = parse(line);
      if (socket !== undefined && inodes.has(socket.inode)) found.set(socket.inode, socket.facts);
    }
  }
  return found;
}

type ParsedSocket = { readonly inode: string; readonly facts: SocketFacts } | undefined;

const TABLES: readonly (readonly [string, (line: string) => ParsedSocket])[] = [
  ['tcp', (line) => parseInetLine(line, 'tcp')],
  ['tcp6', (line) => parseInetLine(line, 'tcp')],
  ['udp', (line) => parseInetLine(line, 'udp')],
  ['udp6', (line) => parseInetLine(line, 'udp')],
  ['unix', parseUnixLine],
];

/** One line of /proc/net/{tcp,tcp6,udp,udp6}. */
export function parseInetLine(line: string, protocol: 'tcp' | 'udp'): ParsedSocket {
  const fields = line.trim().split(/\s+/);
  const [, local, remote, stateCode, , , , , , inode] = fields;
  if (local === undefined || remote === undefined || stateCode === undefined || inode === undefined) return undefined;
  const code = Number.parseInt(stateCode, 16);
  const state = protocol === 'udp' ? (code === 1 ? 'connected' : 'bound') : (TCP_STATES[code] ?? 'unknown');
  const connected = !remote.endsWith(':0000');
  return { inode, facts: { protocol, local: parseAddress(local), remote: connected ? parseAddress(remote) : null, state } };
}

/** One line of /proc/net/unix; the path may hold blanks. */
export function parseUnixLine(line: string): ParsedSocket {
  const [, flags = '', state = '', inode, path = ''] = UNIX_LINE.exec(line) ?? [];
  if (inode === undefined) return undefined;
  const listening = (Number.parseInt(flags, 16) & ACCEPTS) !== 0;
  const text = listening ? 'listening' : (UNIX_STATES[Number.parseInt(state, 16)] ?? 'unknown');
  return { inode, facts: { protocol: 'unix', local: path, remote: null, state: text } };
}

/** `0100007F:1F90` → `127.0.0.1:8080`: each 32-bit word is hexadecimal in the byte order of the machine, the port is not. */
export function parseAddress(text: string): string {
  const [words = '', port = ''] = text.split(':');
  const bytes = (words.match(/.{8}/g) ?? []).flatMap((word) => {
    const ordered = (word.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
    return endianness() === 'LE' ? ordered.reverse() : ordered;
  });
  return `${bytes.length === 4 ? bytes.join('.') : formatIpv6(bytes)}:${String(Number.parseInt(port, 16))}`;
}

function formatIpv6(bytes: readonly number[]): string {
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (mapped) return bytes.slice(12).join('.');
  const groups: string[] = [];
  for (let index = 0; index < bytes.length; index += 2) groups.push((((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0)).toString(16));
  // The URL parser writes an address in its short form (RFC 5952).
  return new URL(`http://[${groups.join(':')}]`).hostname;
}
