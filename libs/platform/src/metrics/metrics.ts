import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  Registry,
  type CounterConfiguration,
  type GaugeConfiguration,
  type HistogramConfiguration,
} from 'prom-client';

/** The metrics of one app. Each method returns the metric of that name, made on first use. */
export class Metrics {
  readonly registry = new Registry();

  constructor(service: string) {
    this.registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.registry });
  }

  counter<L extends string>(settings: CounterConfiguration<L>): Counter<L> {
    return this.once(settings.name, Counter<L>, () => new Counter(this.own(settings)));
  }

  gauge<L extends string>(settings: GaugeConfiguration<L>): Gauge<L> {
    return this.once(settings.name, Gauge<L>, () => new Gauge(this.own(settings)));
  }

  histogram<L extends string>(settings: HistogramConfiguration<L>): Histogram<L> {
    return this.once(settings.name, Histogram<L>, () => new Histogram(this.own(settings)));
  }

  /** The Prometheus text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  private own<T extends object>(settings: T): T & { registers: Registry[] } {
    return { ...settings, registers: [this.registry] };
  }

  private once<T extends object>(name: string, kind: new (...args: never[]) => T, create: () => T): T {
    const existing: unknown = this.registry.getSingleMetric(name);
    if (existing === undefined) {
      return create();
    }
    if (!(existing instanceof kind)) {
      throw new TypeError(`the metric ${name} exists with another type`);
    }
    return existing;
  }
}
