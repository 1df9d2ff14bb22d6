import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An outbox entry that the worker could not account for, kept whole for a human. Never expected to have rows. */
@Entity({ schema: 'ledger', name: 'rejected_records' })
export class RejectedRecordEntity {
  @PrimaryColumn({ type: 'text', name: 'tenant_id', primaryKeyConstraintName: 'pk_rejected_records' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text', name: 'record_id', primaryKeyConstraintName: 'pk_rejected_records' })
  recordId!: string;

  @Column({ type: 'text', name: 'reason' })
  reason!: string;

  @Column({ type: 'text', name: 'payload' })
  payload!: string;

  @Column({ type: 'timestamptz', name: 'rejected_at' })
  rejectedAt!: Date;
}
