import { ApiProperty } from '@nestjs/swagger';
import { operatorRoles, type OperatorRole } from '@penstock/platform';

/** An operator's account on the wire; never with anything of its password. */
export class AdminUserResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  user_id!: string;

  @ApiProperty({ type: String, format: 'idn-email' })
  email!: string;

  @ApiProperty({ type: String })
  display_name!: string;

  @ApiProperty({ type: String, enum: operatorRoles })
  role!: OperatorRole;

  @ApiProperty({ type: Boolean })
  is_active!: boolean;

  /** UTC, ends in Z. */
  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  /** Null for the first owner. */
  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  created_by!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  last_login!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  metadata!: Record<string, unknown>;
}

/** Answer to a login: the only time that the token is shown. */
export class LoginResponse {
  @ApiProperty({ type: String, description: 'For Authorization: Bearer; good for 24 hours, unless revoked.' })
  access_token!: string;

  @ApiProperty({ type: String, enum: ['bearer'] })
  token_type!: 'bearer';

  @ApiProperty({ type: AdminUserResponse })
  user!: AdminUserResponse;
}

/** Whether the first owner is still to be made. */
export class SetupStatusResponse {
  @ApiProperty({ type: Boolean })
  needs_setup!: boolean;

  @ApiProperty({ type: Boolean })
  has_users!: boolean;
}

export { MessageResponse } from '../http/message.response.js';
