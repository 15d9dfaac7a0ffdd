import type { HandleEntry, HandleRegistry } from './handleRegistry.ts';

/** The connections that this server accepted and that are still open. */
export function acceptedBy(registry: HandleRegistry, server: HandleEntry): HandleEntry[] {
  const accepted: HandleEntry[] = [];
  registry.forEachOpen((entry) => {
    if (entry.serverId === server.asyncId) accepted.push(entry);
  });
  return accepted;
}

/** Whether a server of this process accepted the connection, be it one that listened before anybody watched. */
export function isAccepted(entry: HandleEntry): boolean {
  return entry.serverId !== null || isMadeByNode(entry);
}

/**
 * What is accepted Node makes by itself, out of the event loop: nothing but the notice of it is on the stack. What connects is made
 * from JavaScript, however late, so that `node:net` is on its stack. A stack that could not be read says nothing.
 */
function isMadeByNode(entry: HandleEntry): boolean {
  if (entry.type !== 'TCPWRAP' && entry.type !== 'PIPEWRAP') return false;
  const frames = entry.stack.frames();
  return frames.length > 0 && frames.every((frame) => frame.file === 'node:internal/async_hooks');
}
