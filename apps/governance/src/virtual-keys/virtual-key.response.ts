import { ApiProperty } from '@nestjs/swagger';

import { CustomerSummary } from '../customers/customer.response.js';
import { LimitsResponse, SharedBudgetName } from '../limits/answers/limit-responses.js';
import { ProviderConfigResponse } from '../provider-configs/provider-config.response.js';
import { TeamSummary } from '../teams/team.response.js';

/** One value of a key that works: the current one, or one that works on for the overlap of a rotation. */
export class KeySecretResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String, description: 'Only its last four characters.' })
  value!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null for the current value.' })
  expires_at!: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Start of the latest call with it that was accounted for; null: none yet.',
  })
  last_used_at!: string | null;
}

/** A virtual key. */
export class VirtualKeyResponse extends LimitsResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String })
  name!: string;

  @ApiProperty({
    type: String,
    description: 'The credential; only its last four characters in lists, and for who may not see it.',
  })
  value!: string;

  @ApiProperty({ type: String, required: false })
  description?: string;

  @ApiProperty({ type: Boolean })
  is_active!: boolean;

  @ApiProperty({ type: [String], nullable: true, description: 'Null when never set. Null and empty: every model.' })
  allowed_models!: string[] | null;

  @ApiProperty({ type: [String], nullable: true, description: 'Null when never set. Null and empty: every provider.' })
  allowed_providers!: string[] | null;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  team_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  customer_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  budget_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  rate_limit_id?: string;

  @ApiProperty({ type: TeamSummary, required: false })
  team?: TeamSummary;

  @ApiProperty({ type: CustomerSummary, required: false })
  customer?: CustomerSummary;

  @ApiProperty({
    type: [SharedBudgetName],
    required: false,
    description: 'Shared budgets that it spends from, if any.',
  })
  shared_budgets?: SharedBudgetName[];

  @ApiProperty({ type: [ProviderConfigResponse], required: false, description: 'Absent: every provider.' })
  provider_configs?: ProviderConfigResponse[];

  @ApiProperty({ type: String, format: 'date-time', required: false })
  expires_at?: string;

  @ApiProperty({ type: [String], required: false, description: 'In normal form. Empty: everywhere.' })
  allowed_ips?: string[];

  @ApiProperty({ type: [String], required: false })
  tags?: string[];

  @ApiProperty({ type: [KeySecretResponse], required: false, description: 'Not in lists. The current value first.' })
  secrets?: KeySecretResponse[];

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}

/** Answer with one key. */
export class VirtualKeyEnvelope {
  @ApiProperty({ type: VirtualKeyResponse })
  virtual_key!: VirtualKeyResponse;
}

/** Answer to a change of a key. */
export class ChangedVirtualKeyEnvelope extends VirtualKeyEnvelope {
  @ApiProperty({ type: String })
  message!: string;
}

/** A list of keys; values are masked. */
export class VirtualKeyListEnvelope {
  @ApiProperty({ type: [VirtualKeyResponse] })
  virtual_keys!: VirtualKeyResponse[];

  @ApiProperty({ type: 'integer', description: 'Entries in this answer.' })
  count!: number;

  @ApiProperty({ type: 'integer', required: false, description: 'Of all pages; with limit or offset.' })
  total_count?: number;
}
