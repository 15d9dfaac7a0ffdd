import { silentLogger, type errorFields, type Logger } from './logger.ts';

/** How a request ended: `aborted` is the wish of its caller or reader, `failed` everything else that is not a complete answer. */
export type HttpOutcome = 'complete' | 'aborted' | 'failed';

/** What happens in an {@link HttpPool}, as its log has it. `request` is the correlation id; times are milliseconds; no URL shows its secrets. */
export type HttpEvent =
  | { readonly type: 'request'; readonly request: string; readonly method: string; readonly url: string }
  | { readonly type: 'exhausted'; readonly request: string; readonly origin: string; readonly waiting: number }
  | { readonly type: 'sent'; readonly request: string; readonly waitMs: number }
  | { readonly type: 'response'; readonly request: string; readonly status: number; readonly durationMs: number }
  | {
      readonly type: 'end';
      readonly request: string;
      readonly outcome: HttpOutcome;
      readonly durationMs: number;
      readonly error?: ReturnType<typeof errorFields>;
    }
  | { readonly type: 'connected'; readonly origin: string; readonly connections: number }
  | { readonly type: 'disconnected'; readonly origin: string; readonly connections: number }
  | { readonly type: 'close'; readonly requests: number }
  | { readonly type: 'force'; readonly requests: number }
  | { readonly type: 'closed'; readonly requests: number };

const LEVELS: Readonly<Record<HttpEvent['type'], keyof Logger>> = {
  request: 'debug',
  exhausted: 'warn',
  sent: 'debug',
  response: 'debug',
  end: 'debug',
  connected: 'debug',
  disconnected: 'debug',
  close: 'info',
  force: 'warn',
  closed: 'info',
};

/** Tells the logger what happens. */
export class HttpEvents {
  /** True while nobody listens: the pool then builds no events at all. */
  readonly quiet: boolean;
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.quiet = logger === silentLogger;
  }

  emit(event: HttpEvent): void {
    if (this.quiet) return;
    const { type, ...fields } = event;
    const level = event.type === 'end' && event.outcome === 'failed' ? 'warn' : LEVELS[type];
    this.#logger[level]({ event: `http.${type}`, ...fields }, `http: ${type}`);
  }
}
