import { ApiProperty } from '@nestjs/swagger';
import type { LinkFault } from '@penstock/entities';

const faults = ['missing_before', 'not_linked', 'changed'] as const satisfies readonly LinkFault[];

/** What somebody did, as `GET /api/admin-users/audit-logs` shows it. */
export class AccountAuditResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  audit_id!: string;

  /** The account that acted; null for the master key, teams and whoever was not let in. */
  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  user_id!: string | null;

  @ApiProperty({ type: String })
  action!: string;

  @ApiProperty({ type: String })
  resource_type!: string;

  @ApiProperty({ type: String })
  resource_id!: string;

  /** `before` and `after`, `actor` and `actor_type`, `user_agent` and `request_id`. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  details!: Record<string, unknown>;

  @ApiProperty({ type: String, nullable: true })
  ip_address!: string | null;

  /** UTC, ends in Z. */
  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}

/** An entry of the audit trail. */
export class AuditEntryResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  audit_id!: string;

  /** UTC, ends in Z. */
  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  /** Null for what concerns no organization, or one that is gone. */
  @ApiProperty({ type: String, nullable: true })
  organization_id!: string | null;

  @ApiProperty({ type: String })
  actor_type!: string;

  @ApiProperty({ type: String })
  actor!: string;

  /** Dotted, past tense. */
  @ApiProperty({ type: String })
  action!: string;

  @ApiProperty({ type: String })
  resource_type!: string;

  @ApiProperty({ type: String })
  resource_id!: string;

  /** State before, without secrets; null for a creation. */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  before!: Record<string, unknown> | null;

  /** State after, without secrets; null for a deletion. */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  after!: Record<string, unknown> | null;

  @ApiProperty({ type: String, nullable: true })
  ip_address!: string | null;

  @ApiProperty({ type: String, nullable: true })
  user_agent!: string | null;

  @ApiProperty({ type: String, nullable: true })
  request_id!: string | null;

  /** Whose chain the entry is in; zeros for that of the system. */
  @ApiProperty({ type: String, format: 'uuid' })
  tenant_id!: string;

  /** Place in its chain, from 1. */
  @ApiProperty({ type: 'integer' })
  position!: number;

  /** SHA-256 over the entry and the hash of the one before. */
  @ApiProperty({ type: String })
  hash!: string;
}

/** A page of the audit trail, newest first. */
export class AuditPageResponse {
  @ApiProperty({ type: [AuditEntryResponse] })
  entries!: AuditEntryResponse[];

  /** For the next page; null on the last. */
  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}

/** Where a chain breaks. */
export class BrokenLinkResponse {
  @ApiProperty({ type: 'integer' })
  position!: number;

  @ApiProperty({ type: String, format: 'uuid' })
  audit_id!: string;

  @ApiProperty({
    enum: faults,
    description:
      '`missing_before`: entries before it are gone, or one was slipped in; `not_linked`: it does not follow from the one before; `changed`: its content is not what was written.',
  })
  reason!: LinkFault;
}

/** Whether a chain is what was written. */
export class AuditVerdictResponse {
  @ApiProperty({ type: String, nullable: true })
  organization_id!: string | null;

  @ApiProperty({ type: String, format: 'uuid' })
  tenant_id!: string;

  @ApiProperty({ type: Boolean })
  is_intact!: boolean;

  /** Entries that were looked at, up to the first that does not follow. */
  @ApiProperty({ type: 'integer' })
  entries!: number;

  @ApiProperty({ type: BrokenLinkResponse, nullable: true })
  broken_at!: BrokenLinkResponse | null;

  /**
   * Place of the last entry that follows. Keep it with its hash elsewhere: a chain that lost its newest entries looks
   * intact by itself.
   */
  @ApiProperty({ type: 'integer' })
  last_position!: number;

  @ApiProperty({ type: String })
  last_hash!: string;
}
