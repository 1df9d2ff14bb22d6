import { ApiProperty } from '@nestjs/swagger';

import { LimitsResponse } from '../limits/answers/limit-responses.js';

/** A model whose calls by one owner have limits of their own; one of the owner's ids is there. */
export class ModelConfigResponse extends LimitsResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String, description: 'Without provider.' })
  model!: string;

  @ApiProperty({ type: String, required: false, description: 'Absent: whatever provider has the model.' })
  provider?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  virtual_key_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  team_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  customer_id?: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}

/** Answer with one model config. */
export class ModelConfigEnvelope {
  @ApiProperty({ type: ModelConfigResponse })
  model_config!: ModelConfigResponse;
}

/** Answer to a change of a model config. */
export class ChangedModelConfigEnvelope extends ModelConfigEnvelope {
  @ApiProperty({ type: String })
  message!: string;
}

/** A list of model configs. */
export class ModelConfigListEnvelope {
  @ApiProperty({ type: [ModelConfigResponse] })
  model_configs!: ModelConfigResponse[];

  @ApiProperty({ type: 'integer', description: 'Entries in this answer.' })
  count!: number;
}
