/** A part of the reference implementations as one would write it first, or as a peer has it; and the test that objects. */
export interface Naive {
  /** Number of the behaviour in `behaviours.md`, or the report of a user elsewhere. */
  readonly of: string;
  /** What the naive implementation does. */
  readonly does: string;
  /** Below `src/resilience`. */
  readonly file: string;
  /** Text that occurs once, and what stands there instead. */
  readonly edits: readonly (readonly [from: string, to: string])[];
  /** Below `test/unit/resilience`, and the beginning of the test's name. */
  readonly test: readonly [file: string, name: string];
}

const naive = (of: string, does: string, file: string, from: string, to: string, test: Naive['test']): Naive => {
  return { of, does, file, edits: [[from, to]], test };
};

export const NAIVE: readonly Naive[] = [
  naive('1', 'leaves aborted waiters in the queue', 'leaseQueue.ts', '    this.#remove(waiter);\n    this.#onLeave', '    this.#onLeave', [
    'poolAcquire.test.ts',
    'ends at once on abort',
  ]),
  naive('1', 'leaves waiters of a semaphore in the queue when their time is over', 'semaphore.ts', 'this.#gate.queue.remove(this);', '', [
    'semaphore.test.ts',
    'forgets a waiter whose time is over at once',
  ]),
  naive('1 · cockatiel #112', 'grants permits to waiters that have aborted', 'semaphore.ts', 'this.#gate.queue.remove(this);', '', [
    'semaphore.test.ts',
    'forgets an aborted waiter at once',
  ]),
  naive(
    '1',
    'one listener on the signal for each waiter',
    'abortListeners.ts',
    '  if (listeners !== undefined) {',
    '  if (listeners === null) {',
    ['poolAcquire.test.ts', 'of a thousand with one signal'],
  ),
  naive(
    '2',
    'calls the function although the abort came with the grant',
    'semaphore.ts',
    'if (options?.signal?.aborted === true) throw abortReason(options.signal);',
    '',
    ['semaphore.test.ts', 'does not call a function whose signal aborted between'],
  ),
  naive(
    '2 · crawl4ai #2214',
    'works with a lease that came with the abort',
    'useLease.ts',
    'if (signal?.aborted === true) {',
    'if (signal === null) {',
    ['poolAcquire.test.ts', 'does not run the work of a use whose abort came'],
  ),
  naive('3', 'lets a lease be released twice', 'lease.ts', '    this.#entry = undefined;\n', '', [
    'poolAcquire.test.ts',
    'are refused a second release',
  ]),
  naive('3', 'lets a permit be released twice', 'semaphore.ts', '    this.#gate = undefined;\n', '', [
    'semaphore.test.ts',
    'rejects a second release',
  ]),
  naive('4', 'frees the slot when closing begins', 'poolSlots.ts', 'this.live.size + this.#ending.size', 'this.live.size', [
    'poolCapacity.test.ts',
    'counts what is ending until it is gone',
  ]),
  naive(
    '5',
    'launches for every waiter',
    'poolExchange.ts',
    'this.#queue.length > this.#checked.size + this.slots.expected',
    'this.#queue.length > 0',
    ['poolCapacity.test.ts', 'is used for one user by one start'],
  ),
  naive(
    '4',
    'takes a resource for gone because it could not be killed',
    'poolSlots.ts',
    'if (underWay === 0 && (killed || !kills))',
    'if (killed || !kills)',
    ['poolCapacity.test.ts', 'is held by an end that is late'],
  ),
  naive(
    '5',
    'waits for a launch that does not heed its time',
    'poolExchange.ts',
    'this.#checked.size + this.slots.expected',
    'this.#checked.size + this.slots.starting',
    ['poolCapacity.test.ts', 'that does not listen is not waited for'],
  ),
  naive('5', 'tries a launch that fails again and again at the same pace', 'poolSlots.ts', '2 ** (this.#failures - 1)', '1', [
    'poolCapacity.test.ts',
    'that always fails rejects its waiters',
  ]),
  naive(
    '5 · node-pool #175',
    'leaves its waiters to themselves when a launch fails',
    'poolExchange.ts',
    'if (live.size + expected === 0) this.#queue.rejectAll',
    'if (live.size + expected < 0) this.#queue.rejectAll',
    ['poolCapacity.test.ts', 'that always fails rejects its waiters'],
  ),
  naive('6', 'waits for a health check as long as it takes', 'poolCare.ts', 'timeout: validateTimeout', 'timeout: Infinity', [
    'poolUpkeep.test.ts',
    'that does not answer has the resource replaced',
  ]),
  naive(
    '6',
    'takes a check that throws for a healthy one',
    'poolCare.ts',
    'error: errorFields(error) });\n    return false;\n  }\n}\n\n/** Cleans',
    'error: errorFields(error) });\n    return true;\n  }\n}\n\n/** Cleans',
    ['poolUpkeep.test.ts', 'that rejects has the resource replaced'],
  ),
  naive(
    '6',
    'hands on what comes back from a use that failed',
    'poolExchange.ts',
    'if (failed && this.#options.validates',
    'if (failed && !failed',
    ['poolUpkeep.test.ts', 'is made on what comes back from a use that failed'],
  ),
  naive(
    '6',
    'waits for a check that hangs while something better rests',
    'poolExchange.ts',
    'if (waiter === undefined || entry === undefined) return;',
    "if (waiter === undefined || entry === undefined || [...this.slots.live].some(({ state }) => state === 'checking')) return;",
    ['poolUpkeep.test.ts', 'that hangs in the background, or after a failed use'],
  ),
  naive('7', 'gives the permit back when the function has returned its promise', 'semaphore.ts', 'return await fn();', 'return fn();', [
    'semaphore.test.ts',
    'holds its permit until what the function promised has come',
  ]),
  naive(
    '7',
    'gives nothing back after an error',
    'useLease.ts',
    '    await lease.release(release);',
    '    if (release.failed !== true) await lease.release(release);',
    ['poolAcquire.test.ts', 'gives back what it returns'],
  ),
  naive(
    '8 · knex #1694',
    'ends what has started when its waiter has left',
    'poolExchange.ts',
    "    const rested = entry.state === 'checking';",
    '    if (entry.uses === 0) return this.slots.end(entry);\n    const rested = false;',
    ['poolCapacity.test.ts', 'that ends after its waiter has left serves the next one'],
  ),
  {
    of: '8 · puppeteer-cluster #412',
    does: 'keeps what has started after the shutdown began',
    file: 'poolSlots.ts',
    edits: [['    this.end(entry);\n    if (!this.#closed) this.#onLaunchFailed', '    if (!this.#closed) this.#onLaunchFailed']],
    test: ['poolClose.test.ts', 'tells what is starting to stop'],
  },
  naive('8', 'does not look for a launch that hangs', 'pooledBrowser.ts', 'killMarked(MARK, id);', '', [
    'browserPool.test.ts',
    'that hangs when the pool closes',
  ]),
  naive('9', 'kills the main process only', 'browserProcess.ts', '[-pid, pid]', '[pid]', [
    'browserPool.test.ts',
    'takes its whole process group',
  ]),
  naive(
    '9',
    'waits for leases that nobody gives back',
    'poolClosing.ts',
    'for (const entry of [...this.#slots.live]) this.#takeAway(entry);',
    '',
    ['poolClose.test.ts', 'kills a second before its time is over'],
  ),
  naive(
    '9 · crawlee #4108',
    'waits for what cannot be killed',
    'poolClosing.ts',
    'this.#timer = this.#clock.setTimeout(() => this.#finish(), DYING_TIME',
    'this.#timer = this.#clock.setTimeout(() => {}, DYING_TIME',
    ['poolClose.test.ts', 'settles in its time also when nothing can be killed'],
  ),
  naive(
    '9 · crawlee #1829',
    'waits for a page that does not close',
    'browserPage.ts',
    'answers(closing, closeTimeout, what)',
    'answers(closing, Infinity, what)',
    ['browserPool.test.ts', 'while closing a page'],
  ),
  naive(
    '10 · npm #8164',
    'takes one signal delivered twice for two',
    'signals.ts',
    'if (firstAt !== undefined && now - firstAt < duplicateWindow) return;',
    '',
    ['signals.test.ts', 'force the shutdown when a second one comes after 249 ms'],
  ),
  naive(
    '10',
    'is ready until everything is closed',
    'lifecycle.ts',
    "return this.state === 'running';",
    "return this.state !== 'closed';",
    ['lifecycle.test.ts', 'is not ready before anything closes'],
  ),
  naive(
    '10 · tarn #81',
    'lets callers wait for a pool that is closed',
    'poolExchange.ts',
    'if (this.#closing !== undefined) return Promise.reject(new PoolClosedError(this.#options.name));',
    '',
    ['poolClose.test.ts', 'turns away whoever comes or waits'],
  ),
  naive('11 · crawlee #3671', 'leaves its supervisor’s timer behind', 'poolExchange.ts', '    this.#sweep.stop();\n', '', [
    'poolClose.test.ts',
    'leaves no timer for what rested',
  ]),
  {
    of: '11 · node-pool #183, #256',
    does: 'tries launches again after the shutdown',
    file: 'poolExchange.ts',
    edits: [
      ['    this.#stopRetry();\n    this.#sweep', '    this.#sweep'],
      ['    this.#queue.rejectAll(reason);\n', ''],
      ['while (this.#closing === undefined && this.#queue', 'while (this.#queue'],
    ],
    test: ['poolClose.test.ts', 'starts nothing any more'],
  },
  naive('11', 'reads the wall clock', 'leaseQueue.ts', 'new Waiter<T>(this.#clock.now(), resolve', 'new Waiter<T>(Date.now(), resolve', [
    'poolAcquire.test.ts',
    'takes no note of a wall clock that jumps',
  ]),
  naive(
    '11 · crawlee #3670',
    'starts resources in their first user’s async context',
    'poolSlots.ts',
    'this.#outside(() => void this.#launch());',
    'void this.#launch();',
    ['poolAcquire.test.ts', 'keeps each user’s async context'],
  ),
  naive('12', 'counts failures from before the recovery', 'circuitRegistry.ts', 'epoch < circuit.since', 'epoch < 0', [
    'circuitBreaker.test.ts',
    'a late failure does not count in the circuit that has recovered',
  ]),
  naive(
    '12',
    'takes the success of a call from before it opened for that of a probe',
    'circuitBreaker.ts',
    'const probe = reservedProbe(circuit);',
    'const [probe] = circuit.probes;',
    ['circuitBreaker.test.ts', 'a late success does not close a half-open circuit'],
  ),
  naive(
    '13',
    'lets any number of probes through',
    'circuitRegistry.ts',
    'halfOpen.probes.size + halfOpen.successes >= probes',
    'halfOpen.successes >= probes',
    ['circuitBreaker.test.ts', 'lets exactly 1 probes through'],
  ),
  naive('13', 'waits for a probe that hangs', 'circuitRegistry.ts', '    expireProbes(halfOpen, now);\n', '', [
    'circuitBreaker.test.ts',
    'hangs: after its time',
  ]),
  naive(
    '13 · opossum #385',
    'stays open',
    'circuitRegistry.ts',
    "if (circuit.kind === 'open' && now < circuit.until) return",
    "if (circuit.kind === 'open') return",
    ['circuitBreaker.test.ts', 'is half-open when the cooldown is over'],
  ),
  naive('14', 'counts failures for ever', 'circuit.ts', 'failures.filter((time) => time > horizon).concat(now)', 'failures.concat(now)', [
    'circuitBreaker.test.ts',
    'forgets failures that have left the window',
  ]),
  naive(
    '14 · opossum #363',
    'remembers every key',
    'circuitRegistry.ts',
    'this.#circuits.size >= this.#settings.maxKeys',
    'this.#circuits.size < 0',
    ['circuitBreaker.test.ts', 'remembers at most maxKeys circuits'],
  ),
  naive(
    '13',
    'brings everybody back in the moment in which the circuit lets callers in',
    'retry.ts',
    "this.#backoff.jitter === 'none' ? Math.max(asked, backoffMs) : asked + backoffMs",
    'Math.max(asked, backoffMs)',
    ['retry.test.ts', 'does not bring back together'],
  ),
  naive('13', 'comes back before the circuit lets callers in', 'backoff.ts', 'if (leftMs > 0) {', 'if (leftMs > 1) {', [
    'retry.test.ts',
    'comes back to a circuit when it lets callers in',
  ]),
  naive(
    '14',
    'has a time series for every URL',
    'labelValues.ts',
    'this.#known.size >= this.#limit || !ALLOWED.test(value)',
    'this.#limit < 0',
    ['metrics.test.ts', 'stay few with 10,000 URLs'],
  ),
  naive('14 · undici #3895', 'remembers every origin', 'httpPool.ts', 'this.#origins.delete(name);', 'void name;', [
    'httpPool.test.ts',
    'is forgotten with its origin',
  ]),
  naive('14', 'rests connections as long as the server likes', 'undici.ts', 'keepAliveMaxTimeout: keepAliveTimeout,', '', [
    'httpPool.test.ts',
    'is closed after keepAliveTimeout where the server asks for more',
  ]),
  naive(
    '15 · exponential-backoff #69',
    'waits to the end although nobody wants it',
    'backoff.ts',
    '      timer?.cancel();\n      reject(reason);',
    '      void reason;',
    ['backoff.test.ts', 'ends a wait at once on abort'],
  ),
  naive(
    '15',
    'has delays that a timer cannot hold',
    'backoff.ts',
    "Math.min(milliseconds('maxDelay', maxDelay), MAX_TIMER_DELAY)",
    "milliseconds('maxDelay', maxDelay)",
    ['backoff.test.ts', 'stays within the cap'],
  ),
  naive('15', 'calls decorrelated what is not', 'backoff.ts', 'this.maxDelay) * 3;', 'this.maxDelay) * 2;', [
    'backoff.test.ts',
    'spreads decorrelated jitter evenly',
  ]),
  naive(
    'HTTP · undici',
    'leaves aborted requests in the queue',
    'httpCall.ts',
    'acquire({ signal: this.#abort.signal, timeout: poolTimeout })',
    'acquire({ timeout: poolTimeout })',
    ['httpPool.test.ts', 'settles a queued request at once'],
  ),
  naive(
    'HTTP',
    'leaves connections behind that nobody wants',
    'httpOrigin.ts',
    'for (const connection of this.#connecting) connection.giveUp();',
    '',
    ['httpPool.test.ts', 'settles a request that is still connecting'],
  ),
  naive(
    'HTTP · undici',
    'lets a client wait for ever for a connection that was given up',
    'undici.ts',
    "tell(new errors.ConnectTimeoutError('Nobody wants this connection any more'), null);",
    '',
    ['httpGivenUp.test.ts', 'is connected to anew by the next request'],
  ),
  naive('HTTP', 'leaves the body of a request open that is not sent', 'httpPool.ts', 'discardBody(exchange.body, error);', '', [
    'httpGivenUp.test.ts',
    'is closed when the wait is given up',
  ]),
  naive(
    'HTTP',
    'lets an unread body keep its connection',
    'httpCall.ts',
    'if (this.#underWay) this.#watchBody(bodyTimeout);\n      else',
    'if (!this.#underWay)',
    ['httpPool.test.ts', 'ends a body that nobody reads'],
  ),
  naive('HTTP · undici', 'leaves the rest of a redirect’s answer unread', 'httpExchange.ts', 'else this.#resume();', '', [
    'httpRedirects.test.ts',
    'that is longer than what is read of its own accord',
  ]),
  naive(
    'HTTP · undici',
    'has redirects wait in the client’s own queue, without an end',
    'httpCall.ts',
    'originOf(name);\n      await this.#takeTurn();',
    'originOf(name);',
    ['httpRedirects.test.ts', 'waits for no longer than poolTimeout'],
  ),
  naive(
    'HTTP',
    'lets the body of a request that waits end the process',
    'httpCall.ts',
    'this.#stopWatchingBody = watchBody(body, (error) => this.abort(error));',
    '',
    ['httpGivenUp.test.ts', 'ends the wait of a request when it fails'],
  ),
  naive(
    '1',
    'waits for a launch that was begun for somebody else while something rests',
    'poolExchange.ts',
    'while (this.#idle.length > 0) {',
    'while (this.#idle.length > 0 && this.#queue.length > this.#checked.size + this.slots.expected) {',
    ['poolUpkeep.test.ts', 'is not kept from who comes by a start that hangs'],
  ),
  naive('1', 'waits for a check that was begun for somebody who has left', 'poolExchange.ts', '    this.#checked.delete(waiter);\n', '', [
    'poolCapacity.test.ts',
    'is made for who comes while a check hangs',
  ]),
];
