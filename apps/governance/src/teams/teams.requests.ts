import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';

import { IsName } from '../limits/field-decorators.js';
import { LimitFields } from '../limits/limit-requests.js';

class TeamFields extends LimitFields {
  @ApiProperty({ type: String, nullable: true, required: false, description: 'On PUT, null detaches the team.' })
  @IsOptional()
  @IsString()
  customer_id?: string | null;
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
