import type { Stats } from 'node:fs';
import type { Evidence } from '../core/resource.ts';
import type { SocketFacts } from './sockets.ts';

/** What a descriptor is, by the mode `fstat` gives; `anonymous` are the kernel's own (epoll, eventfd, inotify …). */
export type FdKind = 'file' | 'directory' | 'socket' | 'pipe' | 'character device' | 'block device' | 'anonymous';

/** A descriptor as a person should see it. */
export interface FdTarget {
  readonly type: string;
  readonly label: string;
  /** Path it leads to, `null` when it is no file. A deleted file keeps the path it had. */
  readonly path: string | null;
  readonly evidence: Evidence;
}

const FORMAT_MASK = 0xf000;
const KINDS: Readonly<Record<number, FdKind>> = {
  0x1000: 'pipe',
  0x2000: 'character device',
  0x4000: 'directory',
  0x6000: 'block device',
  0x8000: 'file',
  0xc000: 'socket',
};

/** inode(7): the file type bits of `st_mode`. The kernel's anonymous inodes have none. */
export function kindOf(mode: number): FdKind {
  return KINDS[mode & FORMAT_MASK] ?? 'anonymous';
}

/**
 * Key of descriptor `fd`. Device and inode, not the path: a file that is renamed or deleted while it is open stays the same
 * file. Anonymous inodes share one number, so what the link says tells them apart.
 */
export function fdKey(fd: number, stats: Pick<Stats, 'mode' | 'dev' | 'ino'>, readTarget: () => string | undefined): string {
  const kind = kindOf(stats.mode);
  if (kind === 'anonymous') return `fd:${String(fd)}:anonymous:${anonymousName(readTarget() ?? '')}`;
  if (kind === 'socket') return `fd:${String(fd)}:socket:${String(stats.ino)}`;
  return `fd:${String(fd)}:${kind}:${String(stats.dev)}-${String(stats.ino)}`;
}

/**
 * What the link in /proc/<pid>/fd says about a descriptor, in words.
 * `deleted` comes from `nlink`, because a living file's name may itself end in ` (deleted)`.
 */
export function describeTarget(kind: FdKind, link: string, deleted: boolean, socket: SocketFacts | undefined): FdTarget {
  if (kind === 'socket') return describeSocket(inodeOf(link), socket);
  if (kind === 'anonymous') {
    const name = anonymousName(link);
    return { type: name, label: name, path: null, evidence: {} };
  }
  if (!link.startsWith('/')) return { type: kind, label: `${kind} ${inodeOf(link)}`, path: null, evidence: { inode: inodeOf(link) } };
  if (link.startsWith('/memfd:')) return { type: 'memory file', label: link.replace(/ \(deleted\)$/, ''), path: null, evidence: {} };
  const path = deleted ? link.replace(/ \(deleted\)$/, '') : link;
  return { type: kind === 'pipe' ? 'fifo' : kind, label: path, path, evidence: { path, ...(deleted ? { deleted } : {}) } };
}

/**
 * Whether a descriptor that nobody recorded may be a leak. A regular file may: opened by native code (a database) or in a worker
 * thread, it still holds its file. The rest is what runtimes open once for themselves.
 *
 * @param access What it was opened for: `read`, `write`, `read and write`.
 */
export function isTelling({ type, path }: FdTarget, access: string | undefined): boolean {
  if (type !== 'file' || path === null || /^\/(?:proc|sys)\//.test(path)) return false;
  // Node 20 reads a thread’s modules itself, and leaves the one it is reading open for good when the thread is terminated right then.
  return access !== 'read' || !/\.[cm]?[jt]sx?$/.test(path);
}

function describeSocket(inode: string, socket: SocketFacts | undefined): FdTarget {
  if (socket === undefined) return { type: 'socket', label: `socket ${inode}`, path: null, evidence: { inode } };
  const { protocol, local, remote, state } = socket;
  const place = local === '' ? `(unnamed, ${state})` : local;
  const label = remote === null ? `${protocol} ${place}` : `${protocol} ${place} → ${remote}`;
  return { type: 'socket', label, path: null, evidence: { inode, address: { protocol, local, remote, state } } };
}

/** `socket:[4711]` → `4711`. */
export function inodeOf(link: string): string {
  return /\[(\d+)\]$/.exec(link)?.[1] ?? link;
}

/** `anon_inode:[eventpoll]` → `eventpoll`; older kernels write `inotify` and `anon_inode:inotify`. */
function anonymousName(link: string): string {
  return link.replace(/^anon_inode:/, '').replace(/^\[(.*)\]$/, '$1');
}
