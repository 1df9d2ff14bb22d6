import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

import { CustomerEntity } from '../governance/index.js';

/** A customer as the admin API knows it: same tenant, named by the operator. */
@Entity({ schema: 'saas', name: 'organizations' })
@Unique('uq_organizations_customer_id', ['customerId'])
@Check('ck_organizations_status', `status IN ('active', 'suspended')`)
@Index('ix_organizations_created_at', ['createdAt', 'organizationId'])
export class OrganizationEntity {
  /** Chosen by the operator. */
  @PrimaryColumn({ type: 'text', name: 'organization_id', primaryKeyConstraintName: 'pk_organizations' })
  organizationId!: string;

  /** Its face in governance; created in the same transaction. */
  @ForeignKey(() => CustomerEntity, 'id', { name: 'fk_organizations_customer_id' })
  @Column({ type: 'uuid', name: 'customer_id' })
  customerId!: string;

  @Column({ type: 'text', name: 'name' })
  name!: string;

  @Column({ type: 'text', name: 'status' })
  status!: 'active' | 'suspended';

  @Column({ type: 'jsonb', name: 'metadata' })
  metadata!: Record<string, unknown>;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}
