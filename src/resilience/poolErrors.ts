import { errorFields } from './logger.ts';

/** The pool is closing or closed and gives nothing out any more. */
export class PoolClosedError extends Error {
  override readonly name = 'PoolClosedError';

  constructor(pool: string) {
    super(`${pool} is closed`);
  }
}

/** Nothing could be started, and nothing that runs could serve the caller either. `cause` is what `create` failed with. */
export class PoolCreateError extends Error {
  override readonly name = 'PoolCreateError';

  constructor(pool: string, cause: unknown) {
    super(`${pool} could not start anything: ${errorFields(cause).message}`, { cause });
  }
}

/** A lease was released for a second time. Whoever holds the resource by now keeps it. */
export class LeaseReleasedError extends Error {
  override readonly name = 'LeaseReleasedError';
  readonly leaseId: string;

  constructor(leaseId: string) {
    super(`${leaseId} was released before; a lease is released once`);
    this.leaseId = leaseId;
  }
}
