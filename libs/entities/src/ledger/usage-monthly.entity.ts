import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

import { exactInteger } from './integer-columns.js';

/**
 * Sums of usage events per UTC month, team and model: what reports over whole months read.
 *
 * The unique constraint treats nulls as equal (stated in the migration; TypeORM cannot say it).
 */
@Entity({ schema: 'ledger', name: 'usage_monthly' })
@Unique('uq_usage_monthly_path_model', ['tenantId', 'month', 'teamId', 'provider', 'model'])
export class UsageMonthlyEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_usage_monthly' })
  id!: string;

  /** `YYYY-MM-01`: first day of the UTC month of the start of the calls. */
  @Column({ type: 'date', name: 'month' })
  month!: string;

  @Column({ type: 'uuid', name: 'tenant_id' })
  tenantId!: string;

  @Column({ type: 'uuid', name: 'team_id', nullable: true })
  teamId!: string | null;

  @Column({ type: 'text', name: 'provider' })
  provider!: string;

  /** Model sent to the provider. */
  @Column({ type: 'text', name: 'model' })
  model!: string;

  @Column({ type: 'bigint', name: 'calls', transformer: exactInteger })
  calls!: bigint;

  @Column({ type: 'bigint', name: 'tokens', transformer: exactInteger })
  tokens!: bigint;

  /** What clients pay, by the organization's price book. */
  @Column({ type: 'numeric', name: 'client_cost_nano_usd', precision: 38, scale: 0, transformer: exactInteger })
  clientCostNanoUsd!: bigint;

  /** Credits of calls without a job. */
  @Column({ type: 'bigint', name: 'credits', transformer: exactInteger })
  credits!: bigint;
}
