import { Check, Column, Entity, Generated, Index, PrimaryColumn, Unique } from 'typeorm';

/**
 * One version in the price book of an organization. Append-only, but for its end: the ledger names client prices by the
 * ids of these rows. They have no foreign key, because books outlive their organization; `tenantId` is what is never
 * used again.
 */
@Entity({ schema: 'saas', name: 'price_book_entries' })
@Unique('uq_price_book_entries_seq', ['seq'])
@Unique('uq_price_book_entries_slot_version', ['tenantId', 'kind', 'provider', 'model', 'version'])
@Check('ck_price_book_entries_kind', `kind IN ('override', 'markup', 'discount')`)
@Check('ck_price_book_entries_version', 'version > 0')
@Check('ck_price_book_entries_period', 'effective_until > effective_from')
@Check('ck_price_book_entries_end', 'num_nonnulls(ended_at, ended_by) IN (0, 2)')
@Check(
  'ck_price_book_entries_percent',
  `(kind = 'override') = (percent IS NULL) AND percent >= 0 AND (kind <> 'discount' OR percent <= 100)`,
)
@Check(
  'ck_price_book_entries_price',
  `CASE WHEN kind <> 'override' OR is_free
        THEN num_nonnulls(input_usd_per_mtok, cache_read_usd_per_mtok, cache_write_usd_per_mtok, output_usd_per_mtok,
          request_usd) = 0
      WHEN num_nonnulls(input_usd_per_mtok, output_usd_per_mtok) = 2 THEN true
      ELSE request_usd IS NOT NULL AND num_nonnulls(input_usd_per_mtok, cache_read_usd_per_mtok,
        cache_write_usd_per_mtok, output_usd_per_mtok) = 0 END
    AND (kind = 'override' OR NOT is_free)`,
)
@Check(
  'ck_price_book_entries_amounts',
  `input_usd_per_mtok >= 0 AND cache_read_usd_per_mtok >= 0 AND cache_write_usd_per_mtok >= 0
      AND output_usd_per_mtok >= 0 AND request_usd >= 0`,
)
@Index('ix_price_book_entries_tenant_id', ['tenantId', 'seq'])
export class PriceBookEntryEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_price_book_entries' })
  id!: string;

  /** In the order in which they were written. Decimal integer. */
  @Generated('increment')
  @Column({ type: 'bigint', name: 'seq' })
  seq!: string;

  /** The customer of the organization. */
  @Column({ type: 'uuid', name: 'tenant_id' })
  tenantId!: string;

  /** As the operator calls it. */
  @Column({ type: 'text', name: 'organization_id' })
  organizationId!: string;

  @Column({ type: 'text', name: 'kind' })
  kind!: 'override' | 'markup' | 'discount';

  /** Null: every provider. */
  @Column({ type: 'text', name: 'provider', nullable: true })
  provider!: string | null;

  /** Without provider prefix; null: every model. */
  @Column({ type: 'text', name: 'model', nullable: true })
  model!: string | null;

  /** Counts the entries of the same kind, provider and model. */
  @Column({ type: 'integer', name: 'version' })
  version!: number;

  /** Decimal text; null in a price. */
  @Column({ type: 'numeric', name: 'percent', precision: 5, scale: 2, nullable: true })
  percent!: string | null;

  @Column({ type: 'boolean', name: 'is_free' })
  isFree!: boolean;

  /** Decimal text, like the next four. */
  @Column({ type: 'numeric', name: 'input_usd_per_mtok', precision: 15, scale: 6, nullable: true })
  inputUsdPerMtok!: string | null;

  @Column({ type: 'numeric', name: 'cache_read_usd_per_mtok', precision: 15, scale: 6, nullable: true })
  cacheReadUsdPerMtok!: string | null;

  @Column({ type: 'numeric', name: 'cache_write_usd_per_mtok', precision: 15, scale: 6, nullable: true })
  cacheWriteUsdPerMtok!: string | null;

  @Column({ type: 'numeric', name: 'output_usd_per_mtok', precision: 15, scale: 6, nullable: true })
  outputUsdPerMtok!: string | null;

  @Column({ type: 'numeric', name: 'request_usd', precision: 15, scale: 9, nullable: true })
  requestUsd!: string | null;

  @Column({ type: 'timestamptz', name: 'effective_from', precision: 3 })
  effectiveFrom!: Date;

  /** Exclusive; null: until a later version takes effect. */
  @Column({ type: 'timestamptz', name: 'effective_until', precision: 3, nullable: true })
  effectiveUntil!: Date | null;

  @Column({ type: 'text', name: 'reason', nullable: true })
  reason!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  /** Actor, as audit entries name it. */
  @Column({ type: 'text', name: 'created_by' })
  createdBy!: string;

  /** When it was ended before its time; set once. */
  @Column({ type: 'timestamptz', name: 'ended_at', precision: 3, nullable: true })
  endedAt!: Date | null;

  @Column({ type: 'text', name: 'ended_by', nullable: true })
  endedBy!: string | null;
}
