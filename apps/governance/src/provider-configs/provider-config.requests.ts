import { ApiProperty } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';

import { IsName, IsNameList, IsWeight } from '../limits/field-decorators.js';
import { LimitFields } from '../limits/limit-requests.js';

/** A provider that a key may use, as requests name it. */
export class ProviderConfigRequest extends LimitFields {
  @ApiProperty({ type: String, maxLength: 255, example: 'openai', description: 'Each provider once per key.' })
  @IsName()
  provider!: string;

  @ApiProperty({
    type: 'number',
    nullable: true,
    required: false,
    minimum: 0,
    default: 1,
    description: 'Share of the calls that name no provider. 0: only when the others have no room.',
  })
  @IsOptional()
  @IsWeight()
  weight?: number | null;

  @ApiProperty({ type: [String], nullable: true, required: false, description: 'Empty: every model of the provider.' })
  @IsOptional()
  @IsNameList()
  allowed_models?: string[] | null;
}
