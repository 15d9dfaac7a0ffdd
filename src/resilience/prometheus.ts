import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** A registry of prom-client. */
export type PrometheusRegistry = Registry;

/** One value of a metric. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a metric is called. Names follow Prometheus: base units, counters end in `_total`. */
export interface MetricName {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

type Read = () => readonly Sample[] | Promise<readonly Sample[]>;

/**
 * Makes metrics in a registry. Those that are read are read when Prometheus asks, so that they cost nothing in between; one that cannot
 * be read is left out of that answer and counted in `metric_read_errors_total`.
 */
export class Meter {
  readonly registry: PrometheusRegistry;
  readonly #names: string[] = [];
  readonly #readErrors: (labels: Readonly<Record<string, string>>) => void;

  /** @throws Error where another meter has its metrics in this registry */
  constructor(registry: PrometheusRegistry = new Registry()) {
    const readErrors = 'metric_read_errors_total';
    if (registry.getSingleMetric(readErrors) !== undefined) {
      throw new Error('registry has these metrics from another createMetrics already: dispose of that one first, or give this one its own');
    }
    this.registry = registry;
    this.#readErrors = this.counter({
      name: readErrors,
      help: 'Metrics left out of an answer because reading them failed.',
      labels: ['metric'],
    });
  }

  /** Takes out of the registry what this meter has put there, and lets go of what it reads. */
  unregister(): void {
    for (const name of this.#names.splice(0)) this.registry.removeSingleMetric(name);
  }

  /** A value that goes up and down, read when asked for. Where the registry has one of that name already, that one stays. */
  readGauge(metric: MetricName, read: Read): void {
    if (this.registry.getSingleMetric(metric.name) !== undefined) return;
    const gauge = new Gauge({
      ...this.#configuration(metric),
      collect: async () => {
        const samples = await this.#read(metric, read);
        forget(gauge, metric);
        for (const { labels, value } of samples) gauge.set({ ...labels }, value);
      },
    });
  }

  /** A value that only goes up and is counted elsewhere, read when asked for. */
  readCounter(metric: MetricName, read: Read): void {
    const counter = new Counter({
      ...this.#configuration(metric),
      collect: async () => {
        const samples = await this.#read(metric, read);
        forget(counter, metric);
        for (const { labels, value } of samples) counter.inc({ ...labels }, value);
      },
    });
  }

  /** @returns what counts one more */
  counter(metric: MetricName): (labels?: Readonly<Record<string, string>>) => void {
    const counter = new Counter(this.#configuration(metric));
    return (labels = {}) => {
      counter.inc({ ...labels });
    };
  }

  /** @returns what takes a duration in milliseconds; the metric is in seconds */
  histogram(
    metric: MetricName,
    bucketsSeconds: readonly number[],
  ): (durationMs: number, labels?: Readonly<Record<string, string>>) => void {
    const histogram = new Histogram({ ...this.#configuration(metric), buckets: [...bucketsSeconds] });
    return (durationMs, labels = {}) => {
      histogram.observe({ ...labels }, durationMs / 1_000);
    };
  }

  #configuration({ name, help, labels = [] }: MetricName): { name: string; help: string; labelNames: string[]; registers: Registry[] } {
    // One of this name that somebody else has registered is a mistake, which prom-client tells, and not ours to take out.
    if (this.registry.getSingleMetric(name) === undefined) this.#names.push(name);
    return { name, help, labelNames: [...labels], registers: [this.registry] };
  }

  async #read({ name }: MetricName, read: Read): Promise<readonly Sample[]> {
    try {
      return await read();
    } catch {
      this.#readErrors({ metric: name });
      return [];
    }
  }
}

/** Takes all values away. After `reset` alone, a metric without labels is 0: what could not be read must not look like that. */
function forget(metric: Gauge | Counter, { labels = [] }: MetricName): void {
  metric.reset();
  if (labels.length === 0) metric.remove();
}
