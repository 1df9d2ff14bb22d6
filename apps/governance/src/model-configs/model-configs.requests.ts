import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';

import { OwnerQuery } from '../http/list.query.js';
import { IsName } from '../limits/field-decorators.js';
import { LimitFields } from '../limits/limit-requests.js';

const OWNER_DESCRIPTION = 'Whose calls to the model are limited together; exactly one of the three ids.';

/** What names a model config: an owner, a model, and possibly a provider. */
class ModelConfigIdentity extends LimitFields {
  @ApiProperty({
    type: String,
    nullable: true,
    required: false,
    maxLength: 255,
    example: 'openai',
    description: 'Only calls to this provider; absent: to whatever provider has the model.',
  })
  @IsOptional()
  @IsName()
  provider?: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, required: false, description: OWNER_DESCRIPTION })
  @IsOptional()
  @IsString()
  virtual_key_id?: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, required: false, description: OWNER_DESCRIPTION })
  @IsOptional()
  @IsString()
  team_id?: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, required: false, description: OWNER_DESCRIPTION })
  @IsOptional()
  @IsString()
  customer_id?: string | null;
}

/** Body of `POST /model-configs`. */
export class CreateModelConfigRequest extends ModelConfigIdentity {
  @ApiProperty({ type: String, maxLength: 255, example: 'gpt-4o', description: 'Without provider.' })
  @IsName()
  model!: string;
}

/** Body of `PUT /model-configs/{id}`: changes limits only; whatever else is named must be as it is. */
export class UpdateModelConfigRequest extends ModelConfigIdentity {
  @ApiProperty({ type: String, nullable: true, required: false, maxLength: 255 })
  @IsOptional()
  @IsName()
  model?: string | null;
}

/** Query of `GET /model-configs`; an empty value is no filter. */
export class ModelConfigListQuery extends OwnerQuery {
  @ApiProperty({ type: String, required: false, description: 'Only those of this key.' })
  @IsOptional()
  @IsString()
  virtual_key_id?: string;

  @ApiProperty({ type: String, required: false, description: 'Only those of exactly this model.' })
  @IsOptional()
  @IsString()
  model?: string;
}
