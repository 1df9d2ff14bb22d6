import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';

import { IsName } from '../limits/field-decorators.js';
import { BudgetRequest, RateLimitRequest } from '../limits/limit-requests.js';

class TeamFields {
  @ApiProperty({ type: String, nullable: true, required: false, description: 'On PUT, null detaches the team.' })
  @IsOptional()
  @IsString()
  customer_id?: string | null;

  @ApiProperty({ type: BudgetRequest, nullable: true, required: false })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => BudgetRequest)
  budget?: BudgetRequest | null;

  @ApiProperty({ type: RateLimitRequest, nullable: true, required: false })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => RateLimitRequest)
  rate_limit?: RateLimitRequest | null;
}

/** Body of `POST /teams`. */
export class CreateTeamRequest extends TeamFields {
  @ApiProperty({ type: String, maxLength: 255 })
  @IsName()
  name!: string;
}

/** Body of `PUT /teams/{id}`: what is absent stays as it is; null too, except for customer_id. */
export class UpdateTeamRequest extends TeamFields {
  @ApiProperty({ type: String, nullable: true, required: false, maxLength: 255 })
  @IsOptional()
  @IsName()
  name?: string | null;
}
