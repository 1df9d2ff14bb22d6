import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';

import { IsTimeZone } from './time-zone.js';

const STREAM_POLICIES = ['finish', 'cut'] as const;

/** Body of `PUT /tenants/{id}`: what is absent or null stays as it is. */
export class UpdateTenantRequest {
  @ApiProperty({
    type: String,
    nullable: true,
    required: false,
    example: 'Europe/Berlin',
    description: 'IANA name of the zone whose days calendar aligned budgets follow.',
  })
  @IsOptional()
  @IsTimeZone()
  time_zone?: string | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    required: false,
    minimum: 1,
    maximum: 12,
    description: 'Month in which calendar aligned quarters and years begin.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(12)
  fiscal_year_start_month?: number | null;

  @ApiProperty({
    enum: STREAM_POLICIES,
    nullable: true,
    required: false,
    description: 'What becomes of streams that run when their key is deactivated, deleted or expires.',
  })
  @IsOptional()
  @IsIn(STREAM_POLICIES, { message: 'stream_policy must be finish or cut' })
  stream_policy?: 'finish' | 'cut' | null;
}
