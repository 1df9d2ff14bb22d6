import { Check, Column, Entity, PrimaryColumn, Unique } from 'typeorm';

/** An operator's price for a model, valid from a moment on. Prices are decimal strings. */
@Entity({ name: 'price_overrides', schema: 'governance' })
@Unique('uq_price_overrides_provider_model_effective_from', ['provider', 'model', 'effectiveFrom'])
@Check(
  'ck_price_overrides_priced_or_free',
  'is_free OR (input_usd_per_mtok IS NOT NULL AND output_usd_per_mtok IS NOT NULL) OR request_usd IS NOT NULL',
)
export class PriceOverrideEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_price_overrides' })
  id!: string;

  @Column({ type: 'text', name: 'provider' })
  provider!: string;

  /** Model name without provider, or `*` for every model of the provider. */
  @Column({ type: 'text', name: 'model' })
  model!: string;

  @Column({ type: 'timestamptz', name: 'effective_from', precision: 3 })
  effectiveFrom!: Date;

  @Column({ type: 'boolean', name: 'is_free' })
  isFree!: boolean;

  @Column({ type: 'numeric', name: 'input_usd_per_mtok', precision: 24, scale: 6, nullable: true })
  inputUsdPerMtok!: string | null;

  @Column({ type: 'numeric', name: 'cache_read_usd_per_mtok', precision: 24, scale: 6, nullable: true })
  cacheReadUsdPerMtok!: string | null;

  @Column({ type: 'numeric', name: 'cache_write_usd_per_mtok', precision: 24, scale: 6, nullable: true })
  cacheWriteUsdPerMtok!: string | null;

  @Column({ type: 'numeric', name: 'output_usd_per_mtok', precision: 24, scale: 6, nullable: true })
  outputUsdPerMtok!: string | null;

  @Column({ type: 'numeric', name: 'request_usd', precision: 24, scale: 9, nullable: true })
  requestUsd!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}
