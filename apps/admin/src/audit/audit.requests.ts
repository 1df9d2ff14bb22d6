import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';

import { IsInstant } from '../http/is-instant.decorator.js';
import { IsNaming } from '../http/is-storable.decorator.js';
import { IsWholeNumber } from '../http/is-whole-number.decorator.js';

const OFFSET_MAX = 1_000_000_000;

/** Query of `GET /api/admin-users/audit-logs`. */
export class AccountAuditQuery {
  @ApiProperty({ type: 'integer', required: false, minimum: 1, maximum: 1_000, default: 100 })
  @IsOptional()
  @IsWholeNumber({ min: 1, max: 1_000 })
  limit?: number;

  @ApiProperty({ type: 'integer', required: false, minimum: 0, maximum: OFFSET_MAX, default: 0 })
  @IsOptional()
  @IsWholeNumber({ min: 0, max: OFFSET_MAX })
  offset?: number;

  @ApiProperty({ type: String, required: false, description: 'Exactly this action, or all that begin as `team.*`.' })
  @IsOptional()
  @IsNaming()
  action?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false, description: 'What this account did.' })
  @IsOptional()
  @IsUUID()
  user_id?: string;

  @ApiProperty({ type: String, required: false })
  @IsOptional()
  @IsNaming()
  resource_type?: string;
}

/** Which entries of the audit trail are meant; of every chain unless `organization_id` names one. */
export class AuditFilterQuery {
  @ApiProperty({ type: String, required: false })
  @IsOptional()
  @IsNaming()
  organization_id?: string;

  @ApiProperty({ type: String, required: false, description: 'Id of who acted: an account, a team, `master-key`.' })
  @IsOptional()
  @IsNaming()
  actor?: string;

  @ApiProperty({ type: String, required: false, description: '`operator`, `team`, `service`, `system`, `anonymous`.' })
  @IsOptional()
  @IsNaming()
  actor_type?: string;

  @ApiProperty({ type: String, required: false, description: 'Exactly this action, or all that begin as `team.*`.' })
  @IsOptional()
  @IsNaming()
  action?: string;

  @ApiProperty({ type: String, required: false })
  @IsOptional()
  @IsNaming()
  resource_type?: string;

  @ApiProperty({ type: String, required: false })
  @IsOptional()
  @IsNaming()
  resource_id?: string;

  @ApiProperty({ type: String, format: 'date-time', required: false, description: 'From this instant on.' })
  @IsOptional()
  @IsInstant()
  from?: string;

  @ApiProperty({ type: String, format: 'date-time', required: false, description: 'Before this instant.' })
  @IsOptional()
  @IsInstant()
  to?: string;

  @ApiProperty({ type: String, required: false })
  @IsOptional()
  @IsNaming()
  request_id?: string;
}

/** Query of `GET /api/audit-logs`. */
export class AuditListQuery extends AuditFilterQuery {
  @ApiProperty({ type: 'integer', required: false, minimum: 1, maximum: 1_000, default: 100 })
  @IsOptional()
  @IsWholeNumber({ min: 1, max: 1_000 })
  limit?: number;

  @ApiProperty({ type: String, required: false, description: '`next_cursor` of the page before.' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  cursor?: string;
}

export const exportFormats = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Query of `GET /api/audit-logs/export`. */
export class AuditExportQuery extends AuditFilterQuery {
  @ApiProperty({ enum: exportFormats, required: false, default: 'ndjson' })
  @IsOptional()
  @IsIn(exportFormats)
  format?: ExportFormat;
}

/** Query of `GET /api/audit-logs/verify`. */
export class AuditVerifyQuery {
  @ApiProperty({ type: String, required: false, description: 'The chain of the system when absent.' })
  @IsOptional()
  @IsNaming()
  organization_id?: string;
}
