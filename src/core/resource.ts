import type { Frame } from './stack.ts';

/** Any value that survives `JSON.stringify` and `JSON.parse` unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What is known about one resource beyond its kind: path, address, argv, pid, state … */
export type Evidence = { readonly [key: string]: Json };

/** Kinds of resources that have an identity, so that "the same one is still open" can be said. */
export type ResourceKind = 'fd' | 'process' | 'handle' | 'browser' | 'context' | 'page' | 'request' | 'object';

/**
 * Identity of one resource within one worker, unique over all probes: a prefix naming what it is, then the identity.
 *
 * - `fd:<fd>:<kind>:<inode or target>`: a number alone is reused at once.
 * - `process:<pid>:<start time in clock ticks>`
 * - `handle:<async id>`, `listener:<serial>`; a timer that a timer's callback made has the id of the first one
 * - `browser:<serial>`, `context:<serial>`, `page:<serial>`, `request:<serial>`, `object:<serial>`
 */
export type ResourceKey = string;

/**
 * Who opened a resource, read from the nearest frame of its creation stack that is not Node's own.
 *
 * - `user`: code of the suite, or a library it called.
 * - `playwright`: Playwright itself. Reported only through the browser, context, page or request it belongs to.
 * - `runtime`: Node itself (an epoll descriptor, a signal pipe), or a native add-on.
 * - `unknown`: nothing recorded the opening.
 */
export type Opener = 'user' | 'playwright' | 'runtime' | 'unknown';

/**
 * How sure it is that a surviving resource of this sort is a leak.
 *
 * - `counts`: it is one when it survives.
 * - `pooled`: it is kept on purpose and cannot hold the process (an idle keep-alive socket, an unref'd timer): never accused.
 * - `shared`: the runtime opens such things once and keeps them (epoll, inotify, `/dev/urandom`): accused only when they keep coming.
 */
export type Standing = 'counts' | 'pooled' | 'shared';

/** Everything a finding needs to know about one surviving resource. Made only for survivors, so it may be dear. */
export interface Resource {
  readonly key: ResourceKey;
  readonly kind: ResourceKind;
  /** The field's word for it: `file`, `socket`, `pipe`, `server`, `timeout`, `interval`, `worker`, `zombie`, `orphan` … */
  readonly type: string;
  /** What a person recognizes it by: a path, an address, a command line, a URL. */
  readonly label: string;
  readonly opener: Opener;
  readonly standing: Standing;
  /** Stack of the call that opened it, nearest frame first, mapped to source; empty when nothing recorded it. */
  readonly stack: readonly Frame[];
  readonly evidence: Evidence;
  /**
   * Keys (or key prefixes ending in `:`, such as `fd:12:`) of resources that exist only because this one does: a server's
   * descriptor, a child's pipes, a context's pages. They are folded into this one's finding.
   */
  readonly owns: readonly ResourceKey[];
}
