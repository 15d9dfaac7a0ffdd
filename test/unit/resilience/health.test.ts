import { describe, expect, it } from 'vitest';
import { BrowserPool } from '../../../src/resilience/browserPool.ts';
import { CircuitBreaker } from '../../../src/resilience/circuitBreaker.ts';
import { breakerCheck, fdCheck, httpPoolCheck, memoryCheck, poolCheck } from '../../../src/resilience/healthChecks.ts';
import { HealthChecks, type CheckResult, type HealthCheck } from '../../../src/resilience/healthReport.ts';
import { HttpPool } from '../../../src/resilience/httpPool.ts';
import { Pool } from '../../../src/resilience/pool.ts';
import { fdUsage } from '../../../src/resilience/processUsage.ts';
import { safeText } from '../../../src/resilience/safeText.ts';
import { ChildBrowserType } from './childBrowser.ts';
import { Factory, gate } from './factory.ts';
import { FakeTime, microtasks } from './fakeTime.ts';

function setUp(checks: Record<string, HealthCheck>): { time: FakeTime; health: HealthChecks } {
  const time = new FakeTime();
  return { time, health: new HealthChecks(checks, { cacheMs: 1_000, checkTimeout: 500, clock: time }) };
}

const says = (status: CheckResult['status']) => async (): Promise<CheckResult> => ({ status });

describe('a health report', () => {
  it.each([
    [[], 'healthy', true],
    [['healthy'], 'healthy', true],
    [['healthy', 'degraded'], 'degraded', true],
    [['degraded', 'unhealthy', 'healthy'], 'unhealthy', false],
  ] as const)('is as bad as the worst of %o', async (statuses, status, ready) => {
    const { health } = setUp(Object.fromEntries(statuses.map((one, index) => [String(index), says(one)])));
    expect(await health.report(() => false)).toMatchObject({ status, ready, draining: false });
    expect(await health.report(() => true)).toMatchObject({ status, ready: false, draining: true });
  });

  it('shows everything a check says, and takes throwing and nonsense as unhealthy', async () => {
    const { health } = setUp({
      details: () => ({ status: 'degraded', free: 1, nested: { a: [] } }),
      throws: () => {
        throw new Error('GET https://me:secret@x.test/?token=secret failed');
      },
      rejects: async () => Promise.reject(new Error('no')),
      nonsense: (() => ({ status: 'superb' })) as unknown as HealthCheck,
      nothing: (() => undefined) as unknown as HealthCheck,
    });
    const { checks } = await health.report(() => false);
    expect(checks).toEqual({
      details: { status: 'degraded', free: 1, nested: { a: [] } },
      throws: { status: 'unhealthy', error: 'GET https://x.test/ failed' },
      rejects: { status: 'unhealthy', error: 'no' },
      nonsense: { status: 'unhealthy', error: expect.stringMatching(/^the check returned .+, expected \{ status: /) as unknown },
      nothing: { status: 'unhealthy', error: expect.stringMatching(/^the check returned undefined, expected /) as unknown },
    });
  });

  it('keeps the status of a check whose details are no JSON, and everything that the others say', async () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const toJSON = (): never => {
      throw new Error('GET https://x.test/?token=secret failed');
    };
    const { health } = setUp({
      circular: () => ({ status: 'degraded', circle }),
      throwing: () => ({ status: 'healthy', toJSON }),
      fine: () => ({ status: 'healthy', free: 1n }),
    });
    const report = await health.report(() => false);
    expect(report.status).toBe('degraded');
    expect(report.checks).toEqual({
      circular: { status: 'degraded', unavailable: expect.stringMatching(/^what the check said is no JSON: .*circular/) as unknown },
      throwing: { status: 'healthy', unavailable: 'what the check said is no JSON: GET https://x.test/ failed' },
      fine: { status: 'healthy', free: '1' },
    });
  });

  it('shows the status of a check that says it by a getter of its class, as in any other', async () => {
    class Said {
      readonly free = 1;
      get status(): 'degraded' {
        return 'degraded';
      }
    }
    class Written extends Said {
      toJSON(): object {
        return { used: 2 };
      }
    }
    const { health } = setUp({ db: () => new Said() as unknown as CheckResult, disk: () => new Written() as unknown as CheckResult });
    const { status, checks } = await health.report(() => false);
    expect(status).toBe('degraded');
    expect(JSON.parse(JSON.stringify(checks))).toEqual({ db: { status: 'degraded', free: 1 }, disk: { status: 'degraded', used: 2 } });
  });

  it('runs each check once within the cache time, however many ask at once', async () => {
    let runs = 0;
    const { time, health } = setUp({ counted: async () => ({ status: 'healthy', runs: (runs += 1) }) });
    await Promise.all(Array.from({ length: 100 }, () => health.report(() => false)));
    await time.advance(999);
    expect((await health.report(() => false)).checks['counted']).toMatchObject({ runs: 1 });
    await time.advance(1);
    expect((await health.report(() => false)).checks['counted']).toMatchObject({ runs: 2 });
  });

  it('counts the cache time from the end of a check that takes longer', async () => {
    let runs = 0;
    const ends: (() => void)[] = [];
    const { time, health } = setUp({
      slow: async () => {
        runs += 1;
        await new Promise<void>((resolve) => ends.push(resolve));
        return { status: 'healthy' };
      },
    });
    const first = health.report(() => false);
    await time.advance(400);
    const second = health.report(() => false);
    ends[0]?.();
    await Promise.all([first, second]);
    await time.advance(999);
    expect([(await health.report(() => false)).status, runs]).toEqual(['healthy', 1]);
  });

  it('takes a check that hangs as unhealthy, waits for it once, does not start it again, and believes the next when it has ended', async () => {
    let runs = 0;
    let end = (_: CheckResult): void => {};
    const { time, health } = setUp({
      hangs: async () => {
        runs += 1;
        return new Promise<CheckResult>((resolve) => (end = resolve));
      },
    });
    const report = health.report(() => false);
    await time.advance(500);
    const hung = { status: 'unhealthy', error: 'Timed out after 500 ms waiting for the check' };
    expect((await report).checks['hangs']).toEqual(hung);
    for (let round = 0; round < 3; round += 1) {
      await time.advance(1_000);
      // No time passes: whoever asks now hears at once what is known.
      expect((await health.report(() => false)).checks['hangs']).toEqual(hung);
    }
    expect([runs, time.timers]).toEqual([1, 0]);
    end({ status: 'healthy' });
    await time.advance(1_000);
    const next = health.report(() => false);
    await microtasks();
    end({ status: 'healthy' });
    expect([(await next).status, runs]).toEqual(['healthy', 2]);
  });

  it('is not ready when the shutdown began while a check was under way', async () => {
    let end = (_: CheckResult): void => {};
    let draining = false;
    const { health } = setUp({ slow: async () => new Promise<CheckResult>((resolve) => (end = resolve)) });
    const report = health.report(() => draining);
    await microtasks();
    draining = true;
    end({ status: 'healthy' });
    expect(await report).toMatchObject({ status: 'healthy', ready: false, draining: true });
  });

  it('refuses a check that is no function, by name', () => {
    expect(() => setUp({ disk: true as unknown as HealthCheck })).toThrow(/^checks\.disk must be a function/);
  });
});

describe('the checks', () => {
  const counts = { max: 3, starting: 0, live: 2, closing: 0, idle: 1, leased: 1, waiting: 0, launched: 2, launchFailures: 0 };
  const none = { idle: 0, live: 0, leased: 0 };

  it.each([
    [{}, 'healthy', 2],
    [{ idle: 0, live: 3, leased: 3 }, 'healthy', 0],
    [{ idle: 0, live: 3, leased: 3, waiting: 4 }, 'degraded', 0],
    [{ ...none, launched: 0 }, 'healthy', 3],
    [{ ...none, closing: 1 }, 'healthy', 2],
    // Launching on demand, and room that is just being made, are a pool's ordinary life.
    [{ ...none, starting: 1, waiting: 1, launched: 0 }, 'degraded', 2],
    [{ ...none, starting: 3, waiting: 4 }, 'degraded', 0],
    [{ ...none, closing: 3, waiting: 1 }, 'degraded', 0],
    // There is room, and yet nothing starts: it is waiting out a back-off.
    [{ ...none, closing: 2, waiting: 1, launchFailures: 1 }, 'unhealthy', 1],
    [{ ...none, starting: 1, waiting: 1, launched: 0, launchFailures: 1 }, 'unhealthy', 2],
    [{ ...none, launched: 0, launchFailures: 1 }, 'degraded', 3],
    [{ idle: 0, live: 2, leased: 2, waiting: 1, launchFailures: 1 }, 'degraded', 1],
    [{ idle: 2, leased: 0, launched: 0, launchFailures: 1 }, 'healthy', 3],
  ])('see how much of a pool is available: %o', (change, status, available) => {
    expect(poolCheck({ stats: () => ({ ...counts, ...change }) })()).toMatchObject({ status, available });
  });

  it('take a pool of one that launches when somebody comes, closes when nobody does, and launches again for ready', async () => {
    const time = new FakeTime();
    const factory = new Factory();
    const pool = new Pool({ create: factory.create, destroy: factory.destroy, max: 1, idleTimeout: 1_000, clock: time });
    const check = poolCheck(pool);
    for (let round = 0; round < 2; round += 1) {
      const started = gate();
      factory.onCreate = async () => started.promise;
      expect(check()).toMatchObject({ status: 'healthy', available: 1 });
      const used = pool.use(() => check().status);
      expect(check()).toMatchObject({ status: 'degraded', available: 0, starting: 1, waiting: 1 });
      started.open();
      expect(await used).toBe('healthy');
      await time.advance(1_000);
      expect(factory.destroyed).toHaveLength(round + 1);
    }
    await pool.close();
  });

  it('take a pool whose launches fail for unhealthy while somebody waits in vain, in the back-off and in the next attempt, until one works', async () => {
    const time = new FakeTime();
    const factory = new Factory();
    const pool = new Pool({ create: factory.create, destroy: factory.destroy, max: 2, maxUses: 1, clock: time, random: () => 1 });
    const check = poolCheck(pool);
    await pool.use(() => {});
    expect(check().status).toBe('healthy');
    factory.onCreate = () => expect.fail('no browser');
    await expect(pool.acquire()).rejects.toThrow('no browser');
    // Nobody is kept away by it, or nobody would find out that it works again.
    expect(check()).toMatchObject({ status: 'degraded', waiting: 0 });
    const started = gate();
    factory.onCreate = async () => started.promise;
    const used = pool.use(() => check().status);
    expect(check()).toMatchObject({ status: 'unhealthy', starting: 0, waiting: 1 });
    await time.advance(100);
    expect(check()).toMatchObject({ status: 'unhealthy', starting: 1, waiting: 1 });
    started.open();
    expect([await used, check().status]).toEqual(['healthy', 'healthy']);
    const again = pool.use(() => {});
    expect(check()).toMatchObject({ status: 'degraded', starting: 1 });
    await again;
    await pool.close();
  });

  it('take what was closed for unhealthy, and nothing of it for available', async () => {
    const pools = [new Pool({ create: () => 1, max: 3 }), new BrowserPool({ browserType: new ChildBrowserType(), max: 3 })];
    for (const pool of pools) {
      const check = poolCheck(pool);
      expect([pool.closed, check()]).toMatchObject([false, { status: 'healthy', available: 3 }]);
      const closed = pool.close();
      expect([pool.closed, check()]).toMatchObject([true, { status: 'unhealthy', available: 0, closed: true }]);
      await closed;
    }
    const http = new HttpPool();
    const check = httpPoolCheck(http);
    expect(check()).toMatchObject({ status: 'healthy', closed: false });
    await http.close();
    expect(check()).toMatchObject({ status: 'unhealthy', closed: true });
  });

  it('see no trouble in a circuit whose cooldown is over and that nobody asks for any more', async () => {
    const time = new FakeTime();
    const breaker = new CircuitBreaker({ failureThreshold: 1, cooldown: 1_000, clock: time });
    const check = breakerCheck(breaker);
    await breaker.execute('dead.test', async () => Promise.reject(new Error('broken'))).catch(() => {});
    expect(check()).toEqual({ status: 'degraded', open: 1, halfOpen: 0 });
    await time.advance(1_000);
    expect(check()).toEqual({ status: 'healthy', open: 0, halfOpen: 0 });
    expect(breaker.allows('dead.test')).toBe(true);
    expect(check()).toEqual({ status: 'degraded', open: 0, halfOpen: 1 });
  });

  it('see requests that wait, and circuits that are open', () => {
    expect(httpPoolCheck({ stats: () => ({ active: 1, idle: 0, waiting: 0 }) })()).toMatchObject({ status: 'healthy', active: 1 });
    expect(httpPoolCheck({ stats: () => ({ active: 1, idle: 0, waiting: 1 }) })().status).toBe('degraded');
    expect(breakerCheck({ stats: () => ({ open: 0, halfOpen: 0 }) })().status).toBe('healthy');
    expect(breakerCheck({ stats: () => ({ open: 1, halfOpen: 0 }) })().status).toBe('degraded');
    expect(breakerCheck({ stats: () => ({ open: 0, halfOpen: 1 }) })().status).toBe('degraded');
  });

  it.each([
    [79, 'healthy'],
    [80, 'degraded'],
    [95, 'unhealthy'],
  ])('judge %d of 100 descriptors and bytes as %s', async (used, status) => {
    expect(await fdCheck({ usage: async () => ({ used, limit: 100 }) })()).toEqual({ status, used, limit: 100 });
    expect(memoryCheck({ limitBytes: 100, rss: () => used })()).toEqual({ status, rssBytes: used, limitBytes: 100 });
  });

  it('do not pretend to know descriptors that cannot be counted, and take no limit as none', async () => {
    expect(await fdCheck({ usage: async () => undefined })()).toHaveProperty('unavailable');
    expect(await fdCheck({ usage: async () => ({ used: 1e6, limit: Infinity }) })()).toEqual({ status: 'healthy', used: 1e6, limit: null });
  });

  it('refuse shares that are none', () => {
    expect(() => memoryCheck({ limitBytes: 0 })).toThrow(/^limitBytes must be /);
    expect(() => fdCheck({ degraded: 2 })).toThrow(/^degraded must be /);
    expect(() => fdCheck({ degraded: 0.9, unhealthy: 0.5 })).toThrow(/^unhealthy must be /);
  });

  it.runIf(process.platform === 'linux')('count this process’s descriptors: one more for each that opens', async () => {
    const { open } = await import('node:fs/promises');
    const before = await fdUsage();
    const file = await open('/dev/null');
    const during = await fdUsage();
    await file.close();
    const after = await fdUsage();
    expect([(during?.used ?? 0) - (before?.used ?? 0), after?.used]).toEqual([1, before?.used]);
    expect(before?.limit).toBeGreaterThan(before?.used ?? Infinity);
    expect(memoryCheck({ limitBytes: 1e15 })()).toMatchObject({ status: 'healthy', rssBytes: expect.any(Number) as unknown });
    expect(await fdCheck()()).toMatchObject({ used: expect.any(Number) as unknown });
  });
});

describe('a text that leaves the process', () => {
  it.each([
    ['GET https://me:pw@shop.test/cart?token=1#x failed', 'GET https://shop.test/cart failed'],
    ['wss://a@b.test?x', 'wss://b.test'],
    ['mail me@x.test? yes', 'mail me@x.test? yes'],
    ['https://u:p@ssword@git.test/x', 'https://git.test/x'],
    ["https://me:it's@git.test/x", 'https://git.test/x'],
    ["https://git.test/it's?token=1", "https://git.test/it's"],
    ["https://git.test/x#a'token=secret", 'https://git.test/x'],
    ['<a href="https://git.test/?a=1">mail me@x.test</a>', '<a href="https://git.test/">mail me@x.test</a>'],
    [`https://oauth2:${'t'.repeat(300)}@git.test/x`, 'https://…'],
    [`${'x'.repeat(180)} https://git.test/path/and/more`, `${'x'.repeat(180)} https://git.test/pa…`],
    ['plain', 'plain'],
  ])('has no secrets of URLs: %s', (text, safe) => {
    expect(safeText(text)).toBe(safe);
  });

  it('is not cut where it fits', () => {
    expect(safeText('x'.repeat(200))).toBe('x'.repeat(200));
  });

  it('is cut', () => {
    expect(safeText('x'.repeat(10_000))).toHaveLength(201);
    expect(safeText(`https://x.test/?${'secret'.repeat(1_000)}`)).toBe('https://x.test/');
  });
});
