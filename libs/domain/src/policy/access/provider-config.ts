/** A provider that a key may use, and how. */
export interface ProviderConfig {
  readonly id: string;
  readonly provider: string;
  /** Share of the calls that name no provider, relative to the other configs. 0: only as a fallback. */
  readonly weight: number;
  /** Null or empty: every model of the provider. */
  readonly allowedModels: readonly string[] | null;
}
