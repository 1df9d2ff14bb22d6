import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { CustomerEntity } from './customer.entity.js';

/** A group of virtual keys, of a customer or on its own. */
@Entity({ name: 'teams', schema: 'governance' })
@Index('ix_teams_customer_id', ['customerId'])
@Index('ix_teams_created_at', ['createdAt', 'id'])
export class TeamEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_teams' })
  id!: string;

  @Column({ type: 'text', name: 'name' })
  name!: string;

  @ForeignKey(() => CustomerEntity, 'id', { name: 'fk_teams_customer_id' })
  @Column({ type: 'uuid', name: 'customer_id', nullable: true })
  customerId!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}
