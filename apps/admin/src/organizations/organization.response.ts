import { ApiProperty } from '@nestjs/swagger';

/** An organization on the wire. */
export class OrganizationResponse {
  @ApiProperty({ type: String })
  organization_id!: string;

  @ApiProperty({ type: String })
  name!: string;

  @ApiProperty({ type: String, enum: ['active', 'suspended'] })
  status!: 'active' | 'suspended';

  @ApiProperty({ type: 'object', additionalProperties: true })
  metadata!: Record<string, unknown>;

  /** UTC, ends in Z. */
  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;

  /** The team made with the organization; null when none was. */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  default_team!: Record<string, unknown> | null;

  /** The same tenant in the governance API. */
  @ApiProperty({ type: String, format: 'uuid' })
  customer_id!: string;
}
