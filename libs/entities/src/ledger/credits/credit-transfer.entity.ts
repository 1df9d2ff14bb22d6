import type { CreditTransferType } from '@penstock/domain';
import { Check, Column, Entity, ForeignKey, Generated, Index, PrimaryColumn, Unique } from 'typeorm';

import { exactInteger } from '../integer-columns.js';
import { CreditAccountEntity } from './credit-account.entity.js';

/** One movement of credits into or out of a team's account, with its two entries. Append-only. */
@Entity({ schema: 'ledger', name: 'credit_transfers' })
@Unique('uq_credit_transfers_seq', ['seq'])
@Unique('uq_credit_transfers_idempotency_key', ['accountId', 'idempotencyKey'])
@Check(
  'ck_credit_transfers_type',
  `type IN ('allocation', 'deduction', 'refund', 'subscription_payment', 'one_time_payment', 'adjustment',
  'refill', 'expiry')`,
)
@Check('ck_credit_transfers_credits', 'credits > 0')
@Check(
  'ck_credit_transfers_balance',
  'balance_after_credits IN (balance_before_credits + credits, balance_before_credits - credits)',
)
@Index('ix_credit_transfers_account_id_seq', ['accountId', 'seq'])
@Index('ix_credit_transfers_refunds', ['accountId', 'jobId'], { where: "type = 'refund'" })
@Index('uq_credit_transfers_job_deduction', ['jobId'], {
  unique: true,
  where: "type = 'deduction' AND job_id IS NOT NULL",
})
export class CreditTransferEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_credit_transfers' })
  id!: string;

  /** Order of writing within an account. Decimal integer. */
  @Generated('increment')
  @Column({ type: 'bigint', name: 'seq' })
  seq!: string;

  /** The team's account. */
  @ForeignKey(() => CreditAccountEntity, 'id', { name: 'fk_credit_transfers_account_id' })
  @Column({ type: 'uuid', name: 'account_id' })
  accountId!: string;

  @Column({ type: 'text', name: 'type' })
  type!: CreditTransferType;

  /** How much moved; the balances say in which direction. */
  @Column({ type: 'bigint', name: 'credits', transformer: exactInteger })
  credits!: bigint;

  @Column({ type: 'bigint', name: 'balance_before_credits', transformer: exactInteger })
  balanceBeforeCredits!: bigint;

  @Column({ type: 'bigint', name: 'balance_after_credits', transformer: exactInteger })
  balanceAfterCredits!: bigint;

  /** The same key again is the same transfer, not another one. */
  @Column({ type: 'text', name: 'idempotency_key' })
  idempotencyKey!: string;

  /** SHA-256, hexadecimal, of what was asked for: the same key with another request is refused. */
  @Column({ type: 'text', name: 'request_hash' })
  requestHash!: string;

  @Column({ type: 'uuid', name: 'job_id', nullable: true })
  jobId!: string | null;

  /** How many calls without a job a deduction stands for; their usage events name the transfer. */
  @Column({ type: 'integer', name: 'calls', nullable: true })
  calls!: number | null;

  @Column({ type: 'text', name: 'reason', nullable: true })
  reason!: string | null;

  /** What was paid for the credits. */
  @Column({
    type: 'numeric',
    name: 'payment_nano_usd',
    precision: 38,
    scale: 0,
    nullable: true,
    transformer: exactInteger,
  })
  paymentNanoUsd!: bigint | null;

  @Column({ type: 'text', name: 'actor_type' })
  actorType!: string;

  @Column({ type: 'text', name: 'actor_id' })
  actorId!: string;

  @Column({ type: 'text', name: 'request_id', nullable: true })
  requestId!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;
}

/** One side of a transfer. The entries of a transfer sum to zero, which PostgreSQL checks at the commit. */
@Entity({ schema: 'ledger', name: 'credit_entries' })
@Check('ck_credit_entries_credits', 'credits <> 0')
@Index('ix_credit_entries_account_id', ['accountId'])
export class CreditEntryEntity {
  @ForeignKey(() => CreditTransferEntity, 'id', { name: 'fk_credit_entries_transfer_id' })
  @PrimaryColumn({ type: 'uuid', name: 'transfer_id', primaryKeyConstraintName: 'pk_credit_entries' })
  transferId!: string;

  @ForeignKey(() => CreditAccountEntity, 'id', { name: 'fk_credit_entries_account_id' })
  @PrimaryColumn({ type: 'uuid', name: 'account_id', primaryKeyConstraintName: 'pk_credit_entries' })
  accountId!: string;

  /** Positive: into the account. */
  @Column({ type: 'bigint', name: 'credits', transformer: exactInteger })
  credits!: bigint;
}
