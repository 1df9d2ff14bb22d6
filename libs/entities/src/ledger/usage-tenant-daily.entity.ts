import { Column, Entity, PrimaryColumn } from 'typeorm';

import { exactInteger } from './integer-columns.js';

/** Sums of usage events per tenant and UTC day, whatever team and model: what the days of a report are read from. */
@Entity({ schema: 'ledger', name: 'usage_tenant_daily' })
export class UsageTenantDailyEntity {
  @PrimaryColumn({ type: 'uuid', name: 'tenant_id', primaryKeyConstraintName: 'pk_usage_tenant_daily' })
  tenantId!: string;

  /** `YYYY-MM-DD`, UTC day of the start of the calls. */
  @PrimaryColumn({ type: 'date', name: 'day', primaryKeyConstraintName: 'pk_usage_tenant_daily' })
  day!: string;

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
