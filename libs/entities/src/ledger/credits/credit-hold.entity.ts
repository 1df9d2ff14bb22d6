import { Check, Column, Entity, ForeignKey, Generated, Index, PrimaryColumn, Unique } from 'typeorm';

import { exactInteger } from '../integer-columns.js';
import { CreditAccountEntity } from './credit-account.entity.js';

/** What a hold is for. */
export type CreditHoldPurpose = 'job' | 'withdrawal';

/**
 * Credits that are spoken for: a running job's, or some that are being taken back. Redis keeps what the hold takes and
 * decides whether there is room; this row says that it must be there.
 *
 * `opening`: asked for, Redis may or may not have it. `open`: in force. `closed`: charged with `charged_credits`.
 */
@Entity({ schema: 'ledger', name: 'credit_holds' })
@Unique('uq_credit_holds_seq', ['seq'])
@Check('ck_credit_holds_purpose', `purpose IN ('job', 'withdrawal')`)
@Check('ck_credit_holds_initial', 'initial_micro_credits >= 0')
@Check('ck_credit_holds_state', `state IN ('opening', 'open', 'closed')`)
@Check('ck_credit_holds_closed', `(state = 'closed') = (num_nonnulls(charged_credits, closed_at) = 2)`)
@Index('ix_credit_holds_open', ['tenantId', 'accountId'], { where: "state <> 'closed'" })
@Index('ix_credit_holds_withdrawals', ['createdAt'], { where: "purpose = 'withdrawal' AND state <> 'closed'" })
@Index('ix_credit_holds_account_id', ['accountId'])
export class CreditHoldEntity {
  /** Of a job: the job's id. */
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_credit_holds' })
  id!: string;

  /** Short number that names the hold's counter in Redis (`m<base 36>`); never reused. Decimal integer. */
  @Generated('increment')
  @Column({ type: 'bigint', name: 'seq' })
  seq!: string;

  @ForeignKey(() => CreditAccountEntity, 'id', { name: 'fk_credit_holds_account_id' })
  @Column({ type: 'uuid', name: 'account_id' })
  accountId!: string;

  @Column({ type: 'uuid', name: 'tenant_id' })
  tenantId!: string;

  @Column({ type: 'text', name: 'purpose' })
  purpose!: CreditHoldPurpose;

  /** Where its counter starts. What it takes from the account is at least one credit. */
  @Column({ type: 'bigint', name: 'initial_micro_credits', transformer: exactInteger })
  initialMicroCredits!: bigint;

  @Column({ type: 'text', name: 'state' })
  state!: 'opening' | 'open' | 'closed';

  /** What the account was charged in the end; 0 when nothing. */
  @Column({ type: 'bigint', name: 'charged_credits', nullable: true, transformer: exactInteger })
  chargedCredits!: bigint | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'closed_at', precision: 3, nullable: true })
  closedAt!: Date | null;
}
