import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsObject, IsOptional, ValidateNested } from 'class-validator';

import { IsName } from '../limits/field-decorators.js';
import { BudgetRequest, RateLimitRequest } from '../limits/limit-requests.js';

class CustomerFields {
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

/** Body of `POST /customers`. */
export class CreateCustomerRequest extends CustomerFields {
  @ApiProperty({ type: String, maxLength: 255 })
  @IsName()
  name!: string;
}

/** Body of `PUT /customers/{id}`: what is absent or null stays as it is. */
export class UpdateCustomerRequest extends CustomerFields {
  @ApiProperty({ type: String, nullable: true, required: false, maxLength: 255 })
  @IsOptional()
  @IsName()
  name?: string | null;
}
