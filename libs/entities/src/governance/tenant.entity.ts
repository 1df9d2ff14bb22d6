import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * One unit of accounting: a customer, a team without customer, or a virtual key without either.
 * Rows outlive their entity: a gateway that still holds a snapshot of a deleted key learns it from the epoch.
 */
@Entity({ name: 'tenants', schema: 'governance' })
export class TenantEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_tenants' })
  id!: string;

  /** Version of the tenant's policy, raised in the transaction of every change. Decimal integer. */
  @Column({ type: 'bigint', name: 'epoch' })
  epoch!: string;
}
