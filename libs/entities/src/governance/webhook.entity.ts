import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { CustomerEntity } from './customer.entity.js';
import { TeamEntity } from './team.entity.js';

/** Where alerts of one tenant are sent. Exactly one owner column is set, and that owner is the tenant. */
@Entity({ name: 'webhooks', schema: 'governance' })
@Check('ck_webhooks_one_owner', 'num_nonnulls(team_id, customer_id) = 1')
@Index('ix_webhooks_team_id', ['teamId'])
@Index('ix_webhooks_customer_id', ['customerId'])
export class WebhookEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_webhooks' })
  id!: string;

  /** A team without customer; one that gets a customer is no tenant any more, and its webhook hears nothing. */
  @ForeignKey(() => TeamEntity, 'id', { name: 'fk_webhooks_team_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'team_id', nullable: true })
  teamId!: string | null;

  @ForeignKey(() => CustomerEntity, 'id', { name: 'fk_webhooks_customer_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'customer_id', nullable: true })
  customerId!: string | null;

  @Column({ type: 'text', name: 'url' })
  url!: string;

  @Column({ type: 'text', name: 'description', nullable: true })
  description!: string | null;

  /** The signing secret, sealed and bound to the id of this row. */
  @Column({ type: 'bytea', name: 'secret_ciphertext' })
  secretCiphertext!: Buffer;

  /** Version of the encryption key that sealed it. */
  @Column({ type: 'smallint', name: 'secret_key_version' })
  secretKeyVersion!: number;

  /** Nothing is sent while false; deliveries wait. */
  @Column({ type: 'boolean', name: 'is_active' })
  isActive!: boolean;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}
