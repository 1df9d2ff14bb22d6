import { ApiProperty } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';

import { IsName } from '../limits/field-decorators.js';
import { LimitFields } from '../limits/limit-requests.js';

/** Body of `POST /customers`. */
export class CreateCustomerRequest extends LimitFields {
  @ApiProperty({ type: String, maxLength: 255 })
  @IsName()
  name!: string;
}

/** Body of `PUT /customers/{id}`: what is absent or null stays as it is. */
export class UpdateCustomerRequest extends LimitFields {
  @ApiProperty({ type: String, nullable: true, required: false, maxLength: 255 })
  @IsOptional()
  @IsName()
  name?: string | null;
}
