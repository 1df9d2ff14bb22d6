import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

import { exactInteger } from './integer-columns.js';

/** What has been used of one limit in one window: the sum of the usage events that name the counter. */
@Entity({ schema: 'ledger', name: 'limit_windows' })
@Index('ix_limit_windows_limit_key_window_start_at', ['limitKey', 'windowStartAt'])
export class LimitWindowEntity {
  /** `<limit key>.<generation>.<window start>`, the same text as the field in Redis. */
  @PrimaryColumn({ type: 'text', name: 'counter_id', primaryKeyConstraintName: 'pk_limit_windows' })
  counterId!: string;

  @Column({ type: 'text', name: 'limit_key' })
  limitKey!: string;

  @Column({ type: 'integer', name: 'generation' })
  generation!: number;

  @Column({ type: 'timestamptz', name: 'window_start_at' })
  windowStartAt!: Date;

  /** In the unit of the limit: requests, tokens or nano-dollars. */
  @Column({ type: 'numeric', name: 'used', precision: 38, scale: 0, transformer: exactInteger })
  used!: bigint;

  @Column({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
