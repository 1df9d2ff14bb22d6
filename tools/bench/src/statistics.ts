/** Quantiles of a sample, in its unit. */
export interface Quantiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Nearest-rank quantile; zero for an empty sample. `share` is between 0 and 1. */
export function quantile(sample: readonly number[], share: number): number {
  return nearestRank(Float64Array.from(sample).toSorted(), share);
}

function nearestRank(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

/** Nearest-rank quantiles; all zero for an empty sample. */
export function quantilesOf(sample: readonly number[]): Quantiles {
  const sorted = Float64Array.from(sample).toSorted();
  const at = (share: number): number => nearestRank(sorted, share);
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

/** Middle value; the mean of the two middle ones when there is an even number. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
