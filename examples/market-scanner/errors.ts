/** Why a marketplace could not be read. */
export type Refusal = 'unreachable' | 'timedOut' | 'status';

/** The marketplace's own fault: it does not answer, answers with an error, or never finishes. */
export class MarketplaceError extends Error {
  override readonly name = 'MarketplaceError';
  readonly url: string;
  readonly refusal: Refusal;
  /** Whether another attempt may help. */
  readonly transient: boolean;

  constructor(url: string, refusal: Refusal, message: string, { transient = true, cause }: { transient?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.url = url;
    this.refusal = refusal;
    this.transient = transient;
  }
}

/** The browser died under the scan. Nobody's fault; another browser may do. */
export class BrowserLostError extends Error {
  override readonly name = 'BrowserLostError';
}

/** The scanner is not running, or was stopped meanwhile. */
export class ScannerStoppedError extends Error {
  override readonly name = 'ScannerStoppedError';
}
