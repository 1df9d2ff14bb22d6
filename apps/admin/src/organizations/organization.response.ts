import { ApiProperty, PickType } from '@nestjs/swagger';

/** The team that was made with an organization, or why it was not. */
export class DefaultTeamResponse {
  @ApiProperty({ type: String, required: false })
  team_id?: string;

  @ApiProperty({ type: String, required: false })
  team_alias?: string;

  /** In the clear: only the answer to the creation has it. */
  @ApiProperty({ type: String, required: false, nullable: true })
  virtual_key?: string | null;

  @ApiProperty({ type: [String], required: false })
  access_groups?: readonly string[];

  @ApiProperty({ type: [String], required: false })
  allowed_model_aliases?: readonly string[];

  @ApiProperty({ type: 'integer', required: false })
  credits_allocated?: number;

  /** Why there is none, when one was wanted; the organization was made all the same. */
  @ApiProperty({ type: String, required: false })
  error?: string;
}

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

  /** Only in the answer to the creation, and only when a default team was wanted; null otherwise. */
  @ApiProperty({ type: DefaultTeamResponse, nullable: true })
  default_team!: DefaultTeamResponse | null;

  /** The same tenant in the governance API. */
  @ApiProperty({ type: String, format: 'uuid' })
  customer_id!: string;
}

/** Answer to a change of status. */
export class OrganizationStatusResponse extends PickType(OrganizationResponse, ['organization_id', 'status']) {
  @ApiProperty({ type: String })
  message!: string;
}

/** Answer to a deletion: what went with the organization. */
export class OrganizationDeletedResponse extends PickType(OrganizationResponse, ['organization_id']) {
  @ApiProperty({ type: String })
  message!: string;

  /** Ids of its teams, which are gone. */
  @ApiProperty({ type: [String] })
  deleted_teams!: string[];

  /** Unused credits that were taken back from them. */
  @ApiProperty({ type: 'integer' })
  credits_taken_back!: number;

  /** Jobs that were running, and have failed at no cost. */
  @ApiProperty({ type: 'integer' })
  jobs_failed!: number;
}

/** A team in the list of its organization. */
export class OrganizationTeamResponse {
  @ApiProperty({ type: String })
  team_id!: string;

  @ApiProperty({ type: [String] })
  access_groups!: readonly string[];

  @ApiProperty({ type: [String] })
  model_groups!: readonly string[];

  @ApiProperty({ type: 'integer' })
  credits_allocated!: number;

  @ApiProperty({ type: 'integer' })
  credits_remaining!: number;

  @ApiProperty({ enum: ['active', 'suspended', 'paused'] })
  status!: string;
}

/** The teams of an organization. */
export class OrganizationTeamsResponse {
  @ApiProperty({ type: String })
  organization_id!: string;

  @ApiProperty({ type: 'integer' })
  team_count!: number;

  @ApiProperty({ type: [OrganizationTeamResponse] })
  teams!: OrganizationTeamResponse[];
}
