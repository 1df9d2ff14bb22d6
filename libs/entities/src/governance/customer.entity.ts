import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A paying party; the root of a tenant. */
@Entity({ name: 'customers', schema: 'governance' })
@Index('ix_customers_created_at', ['createdAt', 'id'])
export class CustomerEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_customers' })
  id!: string;

  @Column({ type: 'text', name: 'name' })
  name!: string;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}
