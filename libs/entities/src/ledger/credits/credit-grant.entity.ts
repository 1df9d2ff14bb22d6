import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

import { exactInteger } from '../integer-columns.js';
import { CreditAccountEntity } from './credit-account.entity.js';
import { CreditTransferEntity } from './credit-transfer.entity.js';

/**
 * Credits that came in together. What is used is burned from the grants of the account in order: lowest priority
 * number first, then what expires first, then the oldest.
 */
@Entity({ schema: 'ledger', name: 'credit_grants' })
@Unique('uq_credit_grants_transfer_id', ['transferId'])
@Check(
  'ck_credit_grants_credits',
  `credits > 0 AND burned_credits >= 0 AND withdrawn_credits >= 0
      AND burned_credits + withdrawn_credits <= credits`,
)
@Index('ix_credit_grants_account_id', ['accountId', 'priority', 'expiresAt', 'id'])
@Index('ix_credit_grants_rest', ['accountId'], { where: 'burned_credits + withdrawn_credits < credits' })
@Index('ix_credit_grants_expires_at', ['expiresAt'], {
  where: 'expires_at IS NOT NULL AND burned_credits + withdrawn_credits < credits',
})
export class CreditGrantEntity {
  /** UUIDv7: also the order of grants that are alike otherwise. */
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_credit_grants' })
  id!: string;

  @ForeignKey(() => CreditAccountEntity, 'id', { name: 'fk_credit_grants_account_id' })
  @Column({ type: 'uuid', name: 'account_id' })
  accountId!: string;

  @ForeignKey(() => CreditTransferEntity, 'id', { name: 'fk_credit_grants_transfer_id' })
  @Column({ type: 'uuid', name: 'transfer_id' })
  transferId!: string;

  @Column({ type: 'integer', name: 'priority' })
  priority!: number;

  @Column({ type: 'bigint', name: 'credits', transformer: exactInteger })
  credits!: bigint;

  /** Used by calls and jobs. */
  @Column({ type: 'bigint', name: 'burned_credits', transformer: exactInteger })
  burnedCredits!: bigint;

  /** Expired or taken back. */
  @Column({ type: 'bigint', name: 'withdrawn_credits', transformer: exactInteger })
  withdrawnCredits!: bigint;

  /** From then on the rest is worth nothing; null: never. */
  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3, nullable: true })
  expiresAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;
}

/** From which grant a transfer took its credits. Append-only. */
@Entity({ schema: 'ledger', name: 'credit_burns' })
@Check('ck_credit_burns_credits', 'credits > 0')
@Index('ix_credit_burns_grant_id', ['grantId'])
export class CreditBurnEntity {
  @ForeignKey(() => CreditTransferEntity, 'id', { name: 'fk_credit_burns_transfer_id' })
  @PrimaryColumn({ type: 'uuid', name: 'transfer_id', primaryKeyConstraintName: 'pk_credit_burns' })
  transferId!: string;

  @ForeignKey(() => CreditGrantEntity, 'id', { name: 'fk_credit_burns_grant_id' })
  @PrimaryColumn({ type: 'uuid', name: 'grant_id', primaryKeyConstraintName: 'pk_credit_burns' })
  grantId!: string;

  @Column({ type: 'bigint', name: 'credits', transformer: exactInteger })
  credits!: bigint;
}
