import { guarded } from './guarded.ts';
import { errorFields, silentLogger, type Logger } from './logger.ts';

/** Why a resource was replaced. */
export type ReplaceCause = 'age' | 'uses' | 'failures' | 'health' | 'disconnected';

/** What happens in a pool, as its log and its observers hear of it. `resource` and `lease` are correlation ids; times are milliseconds. */
export type PoolEvent =
  | { readonly type: 'launch'; readonly resource: string; readonly durationMs: number }
  | { readonly type: 'launchFailed'; readonly error: ReturnType<typeof errorFields>; readonly retryInMs: number }
  | { readonly type: 'acquire'; readonly lease: string; readonly resource: string; readonly waitMs: number; readonly reused: boolean }
  | { readonly type: 'acquireFailed'; readonly waitMs: number; readonly error: ReturnType<typeof errorFields> }
  | { readonly type: 'release'; readonly lease: string; readonly resource: string; readonly failed: boolean }
  | { readonly type: 'replace'; readonly resource: string; readonly cause: ReplaceCause }
  | { readonly type: 'close'; readonly resource: string; readonly durationMs: number; readonly error?: ReturnType<typeof errorFields> }
  | { readonly type: 'kill'; readonly resource: string }
  | { readonly type: 'closeFailed'; readonly error: ReturnType<typeof errorFields> }
  | { readonly type: 'exhausted'; readonly waiting: number; readonly max: number }
  | { readonly type: 'checkFailed'; readonly resource: string; readonly error: ReturnType<typeof errorFields> }
  | { readonly type: 'pageClose'; readonly lease: string; readonly durationMs: number; readonly hung: boolean }
  | { readonly type: 'fds'; readonly resource: string; readonly pid: number; readonly fds: number; readonly threshold: number }
  | { readonly type: 'shutdown'; readonly phase: 'drain' | 'force' | 'done'; readonly left: number };

const LEVELS: Readonly<Record<PoolEvent['type'], keyof Logger>> = {
  launch: 'info',
  launchFailed: 'warn',
  acquire: 'debug',
  acquireFailed: 'warn',
  release: 'debug',
  replace: 'info',
  close: 'info',
  kill: 'warn',
  closeFailed: 'warn',
  exhausted: 'warn',
  checkFailed: 'warn',
  pageClose: 'debug',
  fds: 'warn',
  shutdown: 'info',
};

export type PoolListener = (event: PoolEvent) => void;

/** Tells the logger, which is a guarded one, and the observers what happens. What an observer throws becomes a process warning. */
export class PoolEvents {
  /** True while nobody listens: the pool then builds no events at all. */
  quiet: boolean;
  readonly #name: string;
  readonly #logger: Logger;
  /** By subscription: the same listener may observe twice. */
  readonly #listeners = new Map<object, PoolListener>();

  constructor(name: string, logger: Logger) {
    this.#name = name;
    this.#logger = logger;
    this.quiet = logger === silentLogger;
  }

  emit(event: PoolEvent): void {
    if (this.quiet) return;
    const { type, ...fields } = event;
    this.#logger[LEVELS[type]]({ event: `${this.#name}.${type}`, ...fields }, `${this.#name}: ${type}`);
    for (const listener of this.#listeners.values()) {
      guarded(
        () => listener(event),
        (error) => {
          process.emitWarning(`A listener of ${this.#name} threw: ${errorFields(error).message}`, 'PoolListenerWarning');
        },
      );
    }
  }

  observe(listener: PoolListener): () => void {
    const subscription = {};
    this.#listeners.set(subscription, listener);
    this.quiet = false;
    return () => {
      this.#listeners.delete(subscription);
      this.quiet = this.#logger === silentLogger && this.#listeners.size === 0;
    };
  }
}
