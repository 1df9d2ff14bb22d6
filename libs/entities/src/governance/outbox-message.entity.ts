import { Column, Entity, Generated, Index, PrimaryColumn, Unique } from 'typeorm';

/**
 * Something that other processes must learn, written in the transaction of the change. Who committed tries to
 * deliver at once; what is left undelivered is delivered by the worker's relay. Delivery may happen twice.
 */
@Entity({ name: 'outbox_messages', schema: 'governance' })
@Unique('uq_outbox_messages_seq', ['seq'])
@Index('ix_outbox_messages_pending', ['tenantId', 'seq'], { where: 'delivered_at IS NULL' })
export class OutboxMessageEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_outbox_messages' })
  id!: string;

  /** Order of delivery within a tenant. Decimal integer. */
  @Generated('increment')
  @Column({ type: 'bigint', name: 'seq' })
  seq!: string;

  @Column({ type: 'text', name: 'type' })
  type!: string;

  @Column({ type: 'uuid', name: 'tenant_id' })
  tenantId!: string;

  @Column({ type: 'jsonb', name: 'payload' })
  payload!: Record<string, unknown>;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'delivered_at', precision: 3, nullable: true })
  deliveredAt!: Date | null;
}
