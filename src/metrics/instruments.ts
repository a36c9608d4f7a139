/** From a row of the list to an instrument of the client library, in a registry of its own. */
import { Counter, Gauge, Histogram, type OpenMetricsContentType, type Registry, Summary } from 'prom-client';
import type { MetricSpec } from './metric-list.ts';

/** How many parts the window of quantiles moves on by. */
const WINDOW_PARTS = 24;

export type MetricsRegistry = Registry<OpenMetricsContentType>;

/** How a row becomes the configuration of its instrument. */
function configurationOf<S extends MetricSpec>(registry: MetricsRegistry, spec: S) {
  const labelNames: readonly S['labels'][number][] = spec.labels;
  return { name: spec.name, help: spec.help, labelNames, registers: [registry] };
}

export function gauge<S extends MetricSpec & { readonly type: 'gauge' }>(
  registry: MetricsRegistry,
  spec: S,
): Gauge<S['labels'][number]> {
  return new Gauge(configurationOf(registry, spec));
}

export function counter<S extends MetricSpec & { readonly type: 'counter' }>(
  registry: MetricsRegistry,
  spec: S,
): Counter<S['labels'][number]> {
  return new Counter(configurationOf(registry, spec));
}

export function histogram<
  S extends MetricSpec & { readonly type: 'histogram'; readonly buckets: readonly number[] },
>(registry: MetricsRegistry, spec: S): Histogram<S['labels'][number]> {
  return new Histogram({ ...configurationOf(registry, spec), buckets: [...spec.buckets] });
}

/** p50 and p99 over the last `windowSeconds`; what has not been observed in that time is left out. */
export function quantiles<S extends MetricSpec & { readonly type: 'summary' }>(
  registry: MetricsRegistry,
  spec: S,
  windowSeconds: number,
): Summary<S['labels'][number]> {
  return new Summary({
    ...configurationOf(registry, spec),
    percentiles: [0.5, 0.99],
    maxAgeSeconds: windowSeconds,
    ageBuckets: WINDOW_PARTS,
    pruneAgedBuckets: true,
  });
}
