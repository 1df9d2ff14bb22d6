import { ApiProperty, PickType } from '@nestjs/swagger';

import { CreditAccountResponse } from '../credits/credit-account.response.js';

/** A team in a list. */
export class TeamListEntry extends PickType(CreditAccountResponse, [
  'team_id',
  'organization_id',
  'credits_allocated',
  'credits_used',
  'credits_remaining',
  'credit_limit',
  'auto_refill',
  'budget_mode',
  'credits_per_dollar',
  'tokens_per_credit',
  'status',
  'created_at',
  'updated_at',
]) {
  @ApiProperty({ type: String })
  team_alias!: string;

  /** It goes only with its organization. */
  @ApiProperty({ type: Boolean })
  is_default!: boolean;

  @ApiProperty({ type: 'object', additionalProperties: true })
  metadata!: Record<string, unknown>;

  @ApiProperty({ type: [String] })
  model_groups!: readonly string[];

  @ApiProperty({ type: [String] })
  access_groups!: readonly string[];

  /** Masked; null when governance has deleted it: `rotate-key` makes a new one. */
  @ApiProperty({ type: String, nullable: true })
  virtual_key!: string | null;

  /** The key in the governance API. */
  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  virtual_key_id!: string | null;

  /** The team in the governance API. */
  @ApiProperty({ type: String, format: 'uuid' })
  governance_team_id!: string;
}

/** A team on its own, with the fields of both eras. */
export class TeamResponse extends TeamListEntry {
  @ApiProperty({ type: CreditAccountResponse })
  credits!: CreditAccountResponse;

  /** Real names of the models that it may call, sorted. */
  @ApiProperty({ type: [String] })
  allowed_models!: readonly string[];

  /** Aliases that it may call, sorted. */
  @ApiProperty({ type: [String] })
  allowed_model_aliases!: readonly string[];
}

/** Answer to a change of a team. */
export class TeamChangedResponse extends TeamResponse {
  @ApiProperty({ type: String })
  message!: string;
}

/** Answer to other model groups. */
export class TeamModelGroupsResponse extends PickType(TeamChangedResponse, [
  'team_id',
  'model_groups',
  'allowed_models',
  'allowed_model_aliases',
  'message',
]) {}

/** Answer to other access groups. */
export class TeamAccessGroupsResponse extends PickType(TeamChangedResponse, [
  'team_id',
  'access_groups',
  'allowed_models',
  'allowed_model_aliases',
  'message',
]) {}

/** Answer to a change of status. */
export class TeamStatusResponse extends PickType(TeamChangedResponse, ['team_id', 'status', 'message']) {}

/** Answer to a deletion: what went with the team. */
export class TeamDeletedResponse extends PickType(TeamChangedResponse, ['team_id', 'message']) {
  /** Unused credits that were taken back. */
  @ApiProperty({ type: 'integer' })
  credits_taken_back!: number;

  /** Jobs that were running, and have failed at no cost. */
  @ApiProperty({ type: 'integer' })
  jobs_failed!: number;
}

/** Answer to a rotation: the new value, in the clear. */
export class TeamKeyResponse extends PickType(TeamChangedResponse, ['team_id', 'virtual_key_id', 'message']) {
  @ApiProperty({ type: String })
  virtual_key!: string;

  /** When the value before stops working; null when there was none. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  previous_ends_at!: string | null;
}
