import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';

import { IsName, IsNameList, IsPlainText } from '../limits/field-decorators.js';
import { LimitFields } from '../limits/limit-requests.js';
import { ProviderConfigRequest } from '../provider-configs/provider-config.requests.js';
import { IsEnd, IsIpRangeList, IsOverlap, IsTagList } from './key-field-decorators.js';

const DESCRIPTION_LENGTH_MAX = 2_000;

/** What creating and changing a key have in common. */
class VirtualKeyFields extends LimitFields {
  @ApiProperty({ type: String, nullable: true, required: false, maxLength: DESCRIPTION_LENGTH_MAX })
  @IsOptional()
  @IsPlainText({ lengthMax: DESCRIPTION_LENGTH_MAX, isEmptyAllowed: true })
  description?: string | null;

  @ApiProperty({ type: [String], nullable: true, required: false, description: 'Empty: every model.' })
  @IsOptional()
  @IsNameList()
  allowed_models?: string[] | null;

  @ApiProperty({ type: [String], nullable: true, required: false, description: 'Empty: every provider.' })
  @IsOptional()
  @IsNameList()
  allowed_providers?: string[] | null;

  @ApiProperty({ type: String, nullable: true, required: false, description: 'Not together with customer_id.' })
  @IsOptional()
  @IsString()
  team_id?: string | null;

  @ApiProperty({ type: String, nullable: true, required: false, description: 'Not together with team_id.' })
  @IsOptional()
  @IsString()
  customer_id?: string | null;

  @ApiProperty({
    type: [ProviderConfigRequest],
    nullable: true,
    required: false,
    description: 'All providers that the key may use; one that is not in the list is removed. Empty: every provider.',
  })
  @IsOptional()
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => ProviderConfigRequest)
  provider_configs?: ProviderConfigRequest[] | null;

  @ApiProperty({ type: Boolean, nullable: true, required: false, default: true })
  @IsOptional()
  @IsBoolean()
  is_active?: boolean | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    required: false,
    description: 'When every value of the key stops working; in the future. An empty text takes it away.',
  })
  @IsOptional()
  @IsEnd()
  expires_at?: string | null;

  @ApiProperty({
    type: [String],
    nullable: true,
    required: false,
    maxItems: 200,
    description: 'IPv4 and IPv6 addresses and CIDR ranges the key may be used from. Empty: everywhere.',
  })
  @IsOptional()
  @IsIpRangeList()
  allowed_ips?: string[] | null;

  @ApiProperty({ type: [String], nullable: true, required: false, maxItems: 50, description: 'Each at most 64 long.' })
  @IsOptional()
  @IsTagList()
  tags?: string[] | null;
}

/** Body of `POST /virtual-keys`. */
export class CreateVirtualKeyRequest extends VirtualKeyFields {
  @ApiProperty({ type: String, maxLength: 255, description: 'Unique among virtual keys.' })
  @IsName()
  name!: string;
}

/** Body of `PUT /virtual-keys/{id}`: what is absent or null stays as it is. */
export class UpdateVirtualKeyRequest extends VirtualKeyFields {
  @ApiProperty({ type: String, nullable: true, required: false, maxLength: 255 })
  @IsOptional()
  @IsName()
  name?: string | null;
}

/** Body of `POST /virtual-keys/{id}/rotate`. */
export class RotateVirtualKeyRequest {
  @ApiProperty({
    type: String,
    nullable: true,
    required: false,
    default: '0s',
    description: 'How long the value before works on, such as "1d". Zero: it stops at once.',
  })
  @IsOptional()
  @IsOverlap()
  overlap?: string | null;
}
