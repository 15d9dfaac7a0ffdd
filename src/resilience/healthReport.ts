import { TimeoutError, withinLimits } from './abort.ts';
import { callable, shown } from './checks.ts';
import type { Clock } from './clock.ts';
import { jsonText } from './jsonText.ts';
import { errorFields } from './logger.ts';
import { safeText } from './safeText.ts';

/** From best to worst. */
export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

/** What a check says; whatever stands beside the status goes into the report, if JSON can hold it. */
export interface CheckResult {
  readonly status: HealthStatus;
  readonly [detail: string]: unknown;
}

/** Says how a component is; throwing means unhealthy. */
export type HealthCheck = () => CheckResult | PromiseLike<CheckResult>;

/** All checks together: as bad as the worst of them. */
export interface HealthReport {
  readonly status: HealthStatus;
  /** Whether new work is welcome: not unhealthy, and not draining. */
  readonly ready: boolean;
  readonly draining: boolean;
  readonly checks: Readonly<Record<string, CheckResult>>;
}

type CheckResults = Readonly<Record<string, CheckResult>>;

const STATUSES: readonly HealthStatus[] = ['healthy', 'degraded', 'unhealthy'];

/**
 * Runs the checks when somebody asks, but not again until `cacheMs` after they have ended, however many ask. A check that takes longer
 * than `checkTimeout` is unhealthy; until it has ended it is not started a second time, and nobody waits for it again.
 */
export class HealthChecks {
  readonly #checks: readonly (readonly [string, HealthCheck])[];
  readonly #cacheMs: number;
  readonly #checkTimeout: number;
  readonly #clock: Clock;
  /** What the checks that have not ended say, at `checkTimeout` at the latest. */
  readonly #underWay = new Map<string, Promise<CheckResult>>();
  #running: Promise<CheckResults> | undefined;
  #cached: { readonly at: number; readonly results: CheckResults } | undefined;

  constructor(
    checks: Readonly<Record<string, HealthCheck>>,
    { cacheMs, checkTimeout, clock }: { cacheMs: number; checkTimeout: number; clock: Clock },
  ) {
    for (const [name, check] of Object.entries(checks)) callable(`checks.${name}`, check);
    this.#checks = Object.entries(checks);
    this.#cacheMs = cacheMs;
    this.#checkTimeout = checkTimeout;
    this.#clock = clock;
  }

  /** @param isDraining Whether the program is shutting down: asked when the checks are over, so that readiness falls at once. */
  async report(isDraining: () => boolean): Promise<HealthReport> {
    const checks = await this.#results();
    const draining = isDraining();
    const worst = Math.max(0, ...Object.values(checks).map(({ status }) => STATUSES.indexOf(status)));
    const status = STATUSES[worst] ?? 'unhealthy';
    return { status, ready: !draining && status !== 'unhealthy', draining, checks };
  }

  async #results(): Promise<CheckResults> {
    if (this.#cached !== undefined && this.#clock.now() - this.#cached.at < this.#cacheMs) return this.#cached.results;
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<CheckResults> {
    const results = Object.fromEntries(
      await Promise.all(
        this.#checks.map(async ([name, check]) => [name, await (this.#underWay.get(name) ?? this.#start(name, check))] as const),
      ),
    );
    this.#cached = { at: this.#clock.now(), results };
    this.#running = undefined;
    return results;
  }

  /** Never rejects: what a check throws is its result. */
  #start(name: string, check: HealthCheck): Promise<CheckResult> {
    const ended = outcomeOf(check).finally(() => {
      this.#underWay.delete(name);
    });
    // One wait for all who ask: each of its own would be kept for as long as the check hangs.
    const result = this.#within(ended);
    this.#underWay.set(name, result);
    return result;
  }

  async #within(ended: Promise<CheckResult>): Promise<CheckResult> {
    try {
      return await withinLimits(ended, { timeout: this.#checkTimeout }, { clock: this.#clock, what: 'the check' });
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      return { status: 'unhealthy', error: error.message };
    }
  }
}

async function outcomeOf(check: HealthCheck): Promise<CheckResult> {
  try {
    const result: unknown = await check();
    if (isCheckResult(result)) return showable(result);
    return { status: 'unhealthy', error: `the check returned ${shown(result)}, expected { status: ${STATUSES.join(' | ')} }` };
  } catch (error) {
    return { status: 'unhealthy', error: safeText(errorFields(error).message) };
  }
}

/** As JSON has it, with its status, which may be a getter. Details that are no JSON cost the check its details, and not everybody the report. */
function showable(result: CheckResult): CheckResult {
  const { status } = result;
  try {
    return { ...(JSON.parse(jsonText(result)) as object), status };
  } catch (error) {
    return { status, unavailable: `what the check said is no JSON: ${safeText(errorFields(error).message)}` };
  }
}

function isCheckResult(value: unknown): value is CheckResult {
  const statuses: readonly unknown[] = STATUSES;
  return typeof value === 'object' && value !== null && 'status' in value && statuses.includes(value.status);
}
