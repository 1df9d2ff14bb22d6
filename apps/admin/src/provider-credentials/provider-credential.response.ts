import { ApiProperty } from '@nestjs/swagger';

/** A provider credential on the wire. The key itself is in no answer. */
export class ProviderCredentialResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  credential_id!: string;

  @ApiProperty({ type: String })
  organization_id!: string;

  /** Lower case. */
  @ApiProperty({ type: String })
  provider!: string;

  @ApiProperty({ type: String })
  credential_name!: string;

  /** Null: the provider's own address. */
  @ApiProperty({ type: String, nullable: true })
  api_base!: string | null;

  @ApiProperty({ type: Boolean })
  is_active!: boolean;

  /** UTC, ends in Z. */
  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;

  /** The operator: an account's id or `master-key`. */
  @ApiProperty({ type: String })
  created_by!: string;

  @ApiProperty({ type: String })
  updated_by!: string;

  /** Always: a credential without a key cannot be. */
  @ApiProperty({ type: Boolean })
  has_api_key!: boolean;

  /** Last four characters of the key; null for a key that is too short to show any. */
  @ApiProperty({ type: String, nullable: true })
  key_hint!: string | null;
}

/** Answer of `GET /api/provider-credentials/organization/{organization_id}`. */
export class OrganizationCredentialsResponse {
  @ApiProperty({ type: String })
  organization_id!: string;

  @ApiProperty({ type: [ProviderCredentialResponse] })
  credentials!: ProviderCredentialResponse[];
}

/** Answer to a deletion. */
export class DeletedCredentialResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  credential_id!: string;

  @ApiProperty({ type: String })
  message!: string;
}

/** Answer to an activation or deactivation. */
export class SwitchedCredentialResponse extends DeletedCredentialResponse {
  @ApiProperty({ type: Boolean })
  is_active!: boolean;
}
