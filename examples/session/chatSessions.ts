import type { ShutdownReport } from 'leak/resilience';
import { ChatSession, type ChatSessionOptions } from './chatSession.ts';

/**
 * All sessions of a chat server. A clean-up that began in a callback is awaited here; one that fails or hangs disturbs no other.
 *
 * @example
 * await using sessions = new ChatSessions({ pool, url });
 * framework.on('connect', (id) => sessions.open(id));
 * framework.on('disconnect', sessions.onDisconnect);
 */
export class ChatSessions implements AsyncDisposable {
  readonly #options: ChatSessionOptions;
  readonly #sessions = new Map<string, ChatSession>();
  readonly #ending = new Set<Promise<ShutdownReport>>();

  constructor(options: ChatSessionOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** @throws Error where this visitor has a session, and what {@link ChatSession.open} throws */
  async open(id: string): Promise<ChatSession> {
    if (this.#sessions.has(id)) throw new Error(`${id} has a session already`);
    const session = new ChatSession(this.#options);
    this.#sessions.set(id, session);
    try {
      await session.open();
      return session;
    } catch (error) {
      await this.#end(id, session, 'not opened');
      throw error;
    }
  }

  /** For the framework's synchronous callback. An unknown visitor, or one who has left already, is no error. */
  readonly onDisconnect = (id: string): void => {
    void this.#end(id, this.#sessions.get(id), 'disconnected');
  };

  /** Resolves when every clean-up that has begun is over. */
  async settled(): Promise<readonly ShutdownReport[]> {
    return Promise.all(this.#ending);
  }

  /** Ends every session; resolves with their reports. */
  async close(): Promise<readonly ShutdownReport[]> {
    for (const [id, session] of this.#sessions) void this.#end(id, session, 'closed');
    return this.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Only this one: by the time it ends, the visitor may have come back to another. */
  async #end(id: string, session: ChatSession | undefined, reason: string): Promise<void> {
    if (session === undefined || this.#sessions.get(id) !== session) return;
    this.#sessions.delete(id);
    const ending = session.end(reason);
    this.#ending.add(ending);
    await ending;
    this.#ending.delete(ending);
  }
}
