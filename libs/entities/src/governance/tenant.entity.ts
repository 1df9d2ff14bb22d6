import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * One unit of accounting: a customer, a team without customer, or a virtual key without either.
 * Rows outlive their entity: a gateway that still holds a snapshot of a deleted key learns it from the epoch.
 */
@Entity({ name: 'tenants', schema: 'governance' })
@Check('ck_tenants_fiscal_year_start_month', 'fiscal_year_start_month BETWEEN 1 AND 12')
@Check('ck_tenants_stream_policy', "stream_policy IN ('finish', 'cut')")
export class TenantEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_tenants' })
  id!: string;

  /** Version of the tenant's policy, raised in the transaction of every change. Decimal integer. */
  @Column({ type: 'bigint', name: 'epoch' })
  epoch!: string;

  /** IANA name of the time zone whose calendar aligned windows follow. */
  @Column({ type: 'text', name: 'time_zone', default: 'UTC' })
  timeZone!: string;

  /** 1 to 12: the month in which quarters and years begin. */
  @Column({ type: 'smallint', name: 'fiscal_year_start_month', default: 1 })
  fiscalYearStartMonth!: number;

  /** What becomes of streams that run when their key is deactivated, deleted or expires. */
  @Column({ type: 'text', name: 'stream_policy', default: 'finish' })
  streamPolicy!: 'finish' | 'cut';
}
