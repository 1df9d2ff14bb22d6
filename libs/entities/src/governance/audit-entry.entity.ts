import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/**
 * What somebody changed, written in the transaction of the change. Entries of one tenant form a chain:
 * each carries the hash of the one before, so a removed or edited row breaks every later hash. A trigger refuses
 * updates, deletions and TRUNCATE.
 */
@Entity({ name: 'audit_entries', schema: 'governance' })
@Unique('uq_audit_entries_tenant_id_position', ['tenantId', 'position'])
@Index('ix_audit_entries_occurred_at', ['occurredAt', 'id'])
@Index('ix_audit_entries_tenant_id', ['tenantId', 'occurredAt', 'id'])
@Index('ix_audit_entries_actor_id', ['actorId', 'occurredAt', 'id'])
@Index('ix_audit_entries_actor_type', ['actorType', 'occurredAt', 'id'])
@Index('ix_audit_entries_action', ['action', 'occurredAt', 'id'])
@Index('ix_audit_entries_entity_type', ['entityType', 'occurredAt', 'id'])
@Index('ix_audit_entries_entity_id', ['entityId', 'occurredAt', 'id'])
@Index('ix_audit_entries_request_id', ['requestId'])
export class AuditEntryEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_audit_entries' })
  id!: string;

  /** Whose chain; {@link SYSTEM_TENANT_ID} for what concerns every tenant. */
  @Column({ type: 'uuid', name: 'tenant_id' })
  tenantId!: string;

  /** Place in the chain, from 1 without gaps. Decimal integer. */
  @Column({ type: 'bigint', name: 'position' })
  position!: string;

  @Column({ type: 'timestamptz', name: 'occurred_at', precision: 3 })
  occurredAt!: Date;

  @Column({ type: 'text', name: 'actor_type' })
  actorType!: string;

  @Column({ type: 'text', name: 'actor_id' })
  actorId!: string;

  /** Dotted, past tense: `virtual_key.updated`. */
  @Column({ type: 'text', name: 'action' })
  action!: string;

  @Column({ type: 'text', name: 'entity_type' })
  entityType!: string;

  @Column({ type: 'text', name: 'entity_id' })
  entityId!: string;

  /** State before, secrets redacted; null for a creation. */
  @Column({ type: 'jsonb', name: 'before', nullable: true })
  before!: Record<string, unknown> | null;

  /** State after, secrets redacted; null for a deletion. */
  @Column({ type: 'jsonb', name: 'after', nullable: true })
  after!: Record<string, unknown> | null;

  @Column({ type: 'text', name: 'ip', nullable: true })
  ip!: string | null;

  @Column({ type: 'text', name: 'user_agent', nullable: true })
  userAgent!: string | null;

  @Column({ type: 'text', name: 'request_id', nullable: true })
  requestId!: string | null;

  /** Hash of the entry before in the chain; 64 zeros for the first. */
  @Column({ type: 'text', name: 'prev_hash' })
  prevHash!: string;

  /** SHA-256, hex, over this entry and `prev_hash`; see `auditHash()`. */
  @Column({ type: 'text', name: 'hash' })
  hash!: string;
}
