import type { Issue } from './issues.ts';

/** What a kind of leak is, and what mends it: the help that code scanning shows beside an alert. */
export interface RuleText {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly fix: string;
}

export const RULES: Readonly<Record<Issue['rule'], RuleText>> = {
  fd: {
    name: 'FileDescriptorLeak',
    title: 'A file descriptor is still open',
    description: 'A test or hook opened a file, directory or pipe that was still open after it had ended and time to settle.',
    fix: 'Close it in a finally block, or use fs.promises.readFile and writeFile, which close for you.',
  },
  process: {
    name: 'ProcessLeak',
    title: 'A process is still running',
    description: 'A test or hook started a process that was still running, or left as a zombie, after it had ended and time to settle.',
    fix: 'kill() it in a finally block and await its exit event. Do not detach what nobody ends.',
  },
  handle: {
    name: 'HandleLeak',
    title: 'A handle is still open',
    description:
      'A test or hook left a timer, server, socket, watcher, worker thread, message port or signal listener behind that keeps the process alive or its owner in memory.',
    fix: 'Clear timers, await the close of servers and watchers, terminate workers, and take listeners off, in a finally block or an afterEach hook.',
  },
  heap: {
    name: 'HeapLeak',
    title: 'The heap keeps growing',
    description: 'Memory stayed reachable after a test, or over the tests of a worker, beyond the limit.',
    fix: 'Look for what still refers to it: a module variable, a cache without a limit, a listener or a closure.',
  },
  browser: {
    name: 'BrowserLeak',
    title: 'A browser is still open',
    description: 'A test or hook launched a browser that was not closed.',
    fix: 'Await browser.close() in a finally block, or use the browser fixture.',
  },
  context: {
    name: 'BrowserContextLeak',
    title: 'A browser context is still open',
    description: 'A test or hook made a browser context that was not closed; Playwright does not close those that are made by hand.',
    fix: 'Await context.close() in a finally block, or use the context fixture.',
  },
  page: {
    name: 'PageLeak',
    title: 'A page is still open',
    description: 'A test or hook opened a page that was not closed.',
    fix: 'Await page.close() in a finally block, or use the page fixture.',
  },
  request: {
    name: 'ApiRequestContextLeak',
    title: 'An API request context is not disposed',
    description: 'A test or hook made an API request context that was not disposed; it keeps its responses in memory.',
    fix: 'Await request.dispose() in a finally block, or use the request fixture.',
  },
  object: {
    name: 'TrackedObjectLeak',
    title: 'A tracked object cannot be collected',
    description: 'An object that a test tracked with leak.track() was still reachable when the test had ended.',
    fix: 'Drop the reference that keeps it: a module variable, a listener, a cache or a closure.',
  },
  scenario: {
    name: 'StabilityScenarioFailed',
    title: 'A stability scenario leaks',
    description: 'A scenario that was repeated many times kept growing, or did not keep to its criteria.',
    fix: 'See which metric grows and the lines that opened what survived; release in each round what the round acquires.',
  },
};
