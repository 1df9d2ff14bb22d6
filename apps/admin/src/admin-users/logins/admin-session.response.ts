import { ApiProperty } from '@nestjs/swagger';

/** A login of an operator on the wire; nothing of its token. */
export class AdminSessionResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  session_id!: string;

  @ApiProperty({ type: String, format: 'uuid' })
  user_id!: string;

  /** UTC, ends in Z. */
  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  expires_at!: string;

  /** Where the login came from. */
  @ApiProperty({ type: String })
  ip_address!: string;

  @ApiProperty({ type: String })
  user_agent!: string;

  /** Whether it is the login that asks. */
  @ApiProperty({ type: Boolean })
  is_current!: boolean;
}

/** Answer to the end of several logins. */
export class SessionsRevokedResponse {
  @ApiProperty({ type: String })
  message!: string;

  /** Logins that were good until now. */
  @ApiProperty({ type: 'integer' })
  sessions_revoked!: number;
}
