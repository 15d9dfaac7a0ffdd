import type { Resource } from './resource.ts';

/** One line that says what is open, without its place. */
export function summarize(resource: Resource): string {
  const { kind, type, label } = resource;
  switch (kind) {
    case 'fd':
      return `${type === 'file' || label.startsWith(type) ? '' : `${type} `}${label} is still open`;
    case 'process':
      return type === 'orphan'
        ? `orphaned process ${label} is still running`
        : type === 'zombie'
          ? `process ${label} is a zombie`
          : `process ${label} is still running`;
    case 'handle':
      return isTimer(type) ? `${label} is still pending` : `${type} ${label} is still open`.replace(/ {2,}/g, ' ');
    case 'object':
      return `${label} cannot be collected`;
    case 'request':
      return `API request context ${label} is not disposed`.replace(/ {2,}/g, ' ');
    case 'browser':
    case 'context':
    case 'page':
      return `${type} ${label} is still open`.replace(/ {2,}/g, ' ');
  }
}

function isTimer(type: unknown): boolean {
  return type === 'timeout' || type === 'interval';
}

/** One sentence on how to mend that it closed by itself, but only after its test. */
export function adviseLate(type: unknown): string {
  return isTimer(type) ? 'clear it, or await what it is for, before the test ends' : 'await its close before the test ends';
}

const HANDLE_ADVICE: Readonly<Record<string, string>> = {
  timeout: 'clear it with clearTimeout in a finally block, or unref() it if nobody waits for it',
  interval: 'clear it with clearInterval in a finally block or an afterEach hook',
  server: 'await its close (server.close() and server.closeAllConnections()) in a finally block or an afterEach hook',
  'pipe server': 'await its close in a finally block or an afterEach hook',
  socket: 'end() or destroy() it; for a response, read or cancel its body; for a client, close its agent or dispatcher',
  udp: 'close() the socket in a finally block',
  watcher: 'close() the watcher in a finally block, or pass it an AbortSignal',
  'stat watcher': 'call fs.unwatchFile with the same path and listener',
  worker: 'await worker.terminate() in a finally block',
  'message port': 'close() one of the two ports',
  'signal listener': 'take it off with process.off in a finally block, or add it with process.once',
};

const ACCEPTED_ADVICE =
  'its server has stopped listening without it: await server.close(), after server.closeAllConnections() or destroy() of each connection';

const UNRECORDED_ADVICE =
  'nobody saw it opened, native code perhaps or another thread: close what it belongs to, such as a database, in a finally block';

/** One sentence on how to mend it. */
export function advise(resource: Resource): string {
  switch (resource.kind) {
    case 'fd':
      if (resource.opener === 'unknown') return UNRECORDED_ADVICE;
      return resource.type === 'directory'
        ? 'close() the directory, or read it with a for await loop, which closes it'
        : 'close it in a finally block, or use fs.promises.readFile and writeFile, which close for you';
    case 'process':
      if (resource.type === 'zombie') return 'its parent never waited for it: end the parent, or wait for the child to exit';
      return resource.type === 'orphan'
        ? 'it outlived the process that started it, as what a killed shell has started does: start it directly and not detached, or end it by its pid'
        : 'kill() it in a finally block and await its exit event';
    case 'handle':
      if (resource.evidence['accepted'] === true) return ACCEPTED_ADVICE;
      return HANDLE_ADVICE[resource.type] ?? 'close it in a finally block or an afterEach hook';
    case 'browser':
      return 'await browser.close() in a finally block, or use the browser fixture';
    case 'context':
      return 'await context.close() in a finally block, or use the context fixture';
    case 'page':
      return 'await page.close() in a finally block, or use the page fixture';
    case 'request':
      return 'await request.dispose() in a finally block, or use the request fixture';
    case 'object':
      return 'something still refers to it: a module variable, a listener, a cache or a closure; drop that reference';
  }
}
