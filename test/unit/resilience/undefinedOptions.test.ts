import { expect, expectTypeOf, it } from 'vitest';
import type * as resilience from '../../../src/resilience/index.ts';
import { HttpPool, Pool } from '../../../src/resilience/index.ts';
import type { ChildBrowser } from './childBrowser.ts';

/** The options of `O` that can be left out, but not be `undefined`: with `exactOptionalPropertyTypes` these are two things. */
type Refused<O> = { [K in keyof O]-?: object extends Pick<O, K> ? (Record<K, undefined> extends Pick<O, K> ? never : K) : never }[keyof O];

/** The first argument of a function, or `Index`th. */
type Argument<F extends (...given: never[]) => unknown, Index extends number = 0> = NonNullable<Parameters<F>[Index]>;

it('every option that can be left out can be undefined: the compiler checks it here', () => {
  expectTypeOf<Refused<{ some?: number }>>().toEqualTypeOf<'some'>();
  expectTypeOf<Refused<resilience.PoolOptions<unknown>>>().toBeNever();
  expectTypeOf<Refused<resilience.BrowserPoolOptions<ChildBrowser>>>().toBeNever();
  expectTypeOf<Refused<resilience.HttpPoolOptions>>().toBeNever();
  expectTypeOf<Refused<resilience.ReleaseOptions>>().toBeNever();
  expectTypeOf<Refused<resilience.WaitOptions>>().toBeNever();
  expectTypeOf<Refused<resilience.BackoffOptions>>().toBeNever();
  expectTypeOf<Refused<resilience.CircuitBreakerOptions>>().toBeNever();
  expectTypeOf<Refused<resilience.RetryOptions>>().toBeNever();
  expectTypeOf<Refused<resilience.RetryBudgetOptions>>().toBeNever();
  expectTypeOf<Refused<resilience.LifecycleOptions>>().toBeNever();
  expectTypeOf<Refused<resilience.SignalOptions>>().toBeNever();
  expectTypeOf<Refused<resilience.HealthServerOptions>>().toBeNever();
  expectTypeOf<Refused<resilience.MetricsOptions>>().toBeNever();
  expectTypeOf<Refused<Argument<resilience.Pool<unknown>['close']>>>().toBeNever();
  expectTypeOf<Refused<Argument<resilience.HttpPool['close']>>>().toBeNever();
  expectTypeOf<Refused<Argument<typeof resilience.closeSharedHttpPool>>>().toBeNever();
  expectTypeOf<Refused<Argument<resilience.BrowserPool<ChildBrowser>['close']>>>().toBeNever();
  expectTypeOf<Refused<Argument<resilience.BrowserPool<ChildBrowser>['withPage'], 1>>>().toBeNever();
  expectTypeOf<Refused<Argument<typeof resilience.fdCheck>>>().toBeNever();
  expectTypeOf<Refused<Argument<typeof resilience.memoryCheck>>>().toBeNever();
});

it('undefined is the default, as where nothing is said', async () => {
  const pool = new Pool({ create: () => 1, max: 1, acquireTimeout: undefined, destroy: undefined, name: undefined, clock: undefined });
  const lease = await pool.acquire({ timeout: undefined, signal: undefined });
  await lease.release({ failed: undefined, discard: undefined });
  await expect(pool.close({ timeout: undefined })).resolves.toMatchObject({ killed: [], abandoned: 0 });
  const http = new HttpPool({ connections: undefined, bodyTimeout: undefined, logger: undefined });
  await http.close({ timeout: undefined });
  expect(http.stats()).toMatchObject({ connections: 0 });
});
