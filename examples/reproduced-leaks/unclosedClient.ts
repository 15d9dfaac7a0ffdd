import type { APIRequest, APIRequestContext } from '@playwright/test';

/** A client for each request, with its own cookies and connections. Nobody closes it. */
export async function leakyRead(request: APIRequest, url: string): Promise<string> {
  const client = await request.newContext();
  const response = await client.get(url);
  return response.text();
}

/** One client for all requests, closed when they are done. What it holds of each answer is given back as well. */
export class Reader implements AsyncDisposable {
  readonly #client: APIRequestContext;

  static async open(request: APIRequest): Promise<Reader> {
    return new Reader(await request.newContext());
  }

  private constructor(client: APIRequestContext) {
    this.#client = client;
  }

  async read(url: string): Promise<string> {
    const response = await this.#client.get(url);
    try {
      return await response.text();
    } finally {
      await response.dispose();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.dispose();
  }
}
