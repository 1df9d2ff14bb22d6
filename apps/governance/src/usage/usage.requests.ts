import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';

/** Query of `GET /usage-stats`. */
export class UsageStatsQuery {
  @ApiProperty({ type: String, required: false, description: 'Only this key; empty: all keys.' })
  @IsOptional()
  @IsString()
  virtual_key_id?: string;
}

const SUBJECT_DESCRIPTION = 'Exactly one of the five ids is required.';

/** Body of `POST /usage-reset`: whose limits begin anew. */
export class UsageResetRequest {
  @ApiProperty({ type: String, format: 'uuid', nullable: true, required: false, description: SUBJECT_DESCRIPTION })
  @IsOptional()
  @IsString()
  virtual_key_id?: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, required: false, description: SUBJECT_DESCRIPTION })
  @IsOptional()
  @IsString()
  team_id?: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, required: false, description: SUBJECT_DESCRIPTION })
  @IsOptional()
  @IsString()
  customer_id?: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, required: false, description: SUBJECT_DESCRIPTION })
  @IsOptional()
  @IsString()
  budget_id?: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, required: false, description: SUBJECT_DESCRIPTION })
  @IsOptional()
  @IsString()
  rate_limit_id?: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    required: false,
    description: 'With virtual_key_id: only the limits of its config of this provider.',
  })
  @IsOptional()
  @IsString()
  provider?: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    required: false,
    description: 'With virtual_key_id: only the limits of its configs of this model.',
  })
  @IsOptional()
  @IsString()
  model?: string | null;
}
