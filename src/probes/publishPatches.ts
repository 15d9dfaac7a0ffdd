import * as childProcess from 'node:child_process';
import * as crypto from 'node:crypto';
import * as dgram from 'node:dgram';
import * as dns from 'node:dns';
import * as dnsPromises from 'node:dns/promises';
import * as events from 'node:events';
import * as fs from 'node:fs';
import * as fsPromises from 'node:fs/promises';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import * as perfHooks from 'node:perf_hooks';
import * as process from 'node:process';
import * as readline from 'node:readline';
import * as stream from 'node:stream';
import * as streamPromises from 'node:stream/promises';
import * as timers from 'node:timers';
import * as timersPromises from 'node:timers/promises';
import * as tls from 'node:tls';
import * as url from 'node:url';
import * as util from 'node:util';
import * as workerThreads from 'node:worker_threads';
import * as zlib from 'node:zlib';
import { unpatched } from './patch.ts';

/** What `import { … }` binds to, of the modules that programs put mocks into. `default` is what `require` returns. */
const NAMESPACES: readonly object[] = [
  ...[childProcess, crypto, dgram, dns, dnsPromises, events, fs, fsPromises, http, http2, https, net, os, path, perfHooks],
  ...[process, readline, stream, streamPromises, timers, timersPromises, tls, url, util, workerThreads, zlib],
];

/**
 * Lets names imported from Node's modules follow what {@link patch} has put in or taken out, and nothing else. Node can only bring
 * the names of all its modules up to date at once, mocks of the program's own among them, which would then outlive their removal:
 * those are out of sight meanwhile. About two milliseconds: once for all that is patched.
 */
export function publishPatches(): void {
  const hidden = NAMESPACES.flatMap(hideOthers);
  try {
    syncBuiltinESMExports();
  } finally {
    for (const show of hidden) show();
  }
}

/** Puts every function back of which `require` and `import` see different ones, other than through a wrapper of ours. */
function hideOthers(namespace: object): (() => void)[] {
  const exports = Reflect.get(namespace, 'default') as object;
  return Object.keys(namespace).flatMap((name) => {
    const published: unknown = Reflect.get(namespace, name);
    const descriptor = Reflect.getOwnPropertyDescriptor(exports, name);
    // Functions only: values such as `process.exitCode` change by themselves.
    if (typeof published !== 'function' || descriptor === undefined || !('value' in descriptor)) return [];
    if (unpatched(descriptor.value) === unpatched(published)) return [];
    if (!Reflect.defineProperty(exports, name, { ...descriptor, value: published })) return [];
    return [() => void Reflect.defineProperty(exports, name, descriptor)];
  });
}
