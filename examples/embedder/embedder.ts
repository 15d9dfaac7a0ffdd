import {
  type CircuitBreaker,
  ExponentialBackoff,
  retry,
  Semaphore,
  type CircuitBreakerOptions,
  type HttpPool,
  type Metrics,
} from 'leak/resilience';
import { LinkedSignal } from '../linkedSignal.ts';

export interface EmbedderOptions {
  /** Where the model takes `{ text }` and answers `{ vector }`. */
  readonly modelUrl: string;
  readonly http: HttpPool;
  readonly metrics: Metrics;
  readonly breaker: CircuitBreaker;
  /** How many texts are with the model at once. Default 4. */
  readonly concurrency?: number;
  /** Milliseconds that one text may take, repetitions included, waiting for its turn not. Default 10,000. */
  readonly timeout?: number;
}

/** The model answered, but not with a vector. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly status: number;
  /** `retry` looks for Retry-After in here. */
  readonly headers: Readonly<Record<string, unknown>>;

  constructor(status: number, headers: Readonly<Record<string, unknown>>) {
    super(`The model answered ${status} without a vector`);
    this.status = status;
    this.headers = headers;
  }
}

/** Only a model that does not answer, or is out of order, counts: not a text that it does not like. */
export const MODEL_BREAKER: CircuitBreakerOptions = {
  failureThreshold: 5,
  cooldown: 10_000,
  isFailure: (error) => !(error instanceof ModelError) || error.status >= 500,
};

/** Turns texts into vectors, a few at a time, on an HTTP client that belongs to the whole process. */
export class Embedder implements AsyncDisposable {
  readonly #options: EmbedderOptions;
  readonly #turns: Semaphore;
  readonly #backoff = new ExponentialBackoff({ baseDelay: 50, maxDelay: 1_000 });
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #ending = new AbortController();
  #closed = false;

  constructor(options: EmbedderOptions) {
    this.#options = options;
    this.#turns = new Semaphore(options.concurrency ?? 4);
  }

  /** How many texts are with the model, and how many wait for their turn. */
  stats(): { readonly active: number; readonly waiting: number } {
    return { active: this.#turns.permits - this.#turns.available, waiting: this.#turns.waiting };
  }

  /** @throws ModelError · CircuitOpenError · TimeoutError · the signal's reason · undici's errors */
  async embed(text: string, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<readonly number[]> {
    if (this.#closed) throw new Error('The embedder is closed');
    const vector = this.#options.metrics.operation('embed', async () => this.#embed(text, signal));
    this.#underWay.add(vector);
    try {
      return await vector;
    } finally {
      this.#underWay.delete(vector);
    }
  }

  /** Takes no more texts and waits for those it has. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
  }

  /** Does not wait for them. */
  kill(): void {
    this.#closed = true;
    this.#ending.abort(new Error('The embedder was ended'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #embed(text: string, signal: AbortSignal | undefined): Promise<readonly number[]> {
    const { breaker, metrics, timeout = 10_000 } = this.#options;
    using link = new LinkedSignal(this.#ending.signal, signal);
    const limits = { deadline: timeout, backoff: this.#backoff, shouldRetry: mayHelp, onFailure: metrics.onFailure('embed') };
    return await this.#turns.run(
      async () =>
        breaker.execute(
          'model',
          async (admitted) => retry(async (attempt) => this.#ask(text, attempt.signal), { ...limits, signal: admitted.signal }),
          { signal: link.signal },
        ),
      { signal: link.signal },
    );
  }

  async #ask(text: string, signal: AbortSignal): Promise<readonly number[]> {
    const { http, modelUrl } = this.#options;
    const { statusCode, headers, body } = await http.request(modelUrl, { method: 'POST', body: JSON.stringify({ text }), signal });
    if (statusCode !== 200) {
      // A body that nobody reads keeps its connection.
      await body.dump();
      throw new ModelError(statusCode, headers);
    }
    const answer: unknown = await body.json();
    if (!isVector(answer)) throw new ModelError(statusCode, headers);
    return answer.vector;
  }
}

function isVector(answer: unknown): answer is { readonly vector: readonly number[] } {
  if (typeof answer !== 'object' || answer === null || !('vector' in answer)) return false;
  return Array.isArray(answer.vector) && answer.vector.every((value) => typeof value === 'number');
}

function mayHelp(error: unknown): boolean {
  return !(error instanceof ModelError) || error.status >= 500 || error.status === 429;
}
