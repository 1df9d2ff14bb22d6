import { ApiProperty } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';

import { IsCents, IsCount, IsDuration } from './field-decorators.js';

/** A budget as requests name it. Creating one takes both fields, changing one takes any. */
export class BudgetRequest {
  @ApiProperty({ type: 'number', nullable: true, required: false, minimum: 0, description: 'US cents per window.' })
  @IsOptional()
  @IsCents()
  max_limit?: number | bigint | null;

  @ApiProperty({ type: String, nullable: true, required: false, example: '1M', description: 'Length of a window.' })
  @IsOptional()
  @IsDuration()
  reset_duration?: string | null;
}

/** A rate limit as requests name it; each half is a limit and its duration. */
export class RateLimitRequest {
  @ApiProperty({ type: 'integer', nullable: true, required: false, minimum: 0, description: 'Tokens per window.' })
  @IsOptional()
  @IsCount()
  token_max_limit?: number | bigint | null;

  @ApiProperty({ type: String, nullable: true, required: false, example: '1h' })
  @IsOptional()
  @IsDuration()
  token_reset_duration?: string | null;

  @ApiProperty({ type: 'integer', nullable: true, required: false, minimum: 0, description: 'Requests per window.' })
  @IsOptional()
  @IsCount()
  request_max_limit?: number | bigint | null;

  @ApiProperty({ type: String, nullable: true, required: false, example: '1m' })
  @IsOptional()
  @IsDuration()
  request_reset_duration?: string | null;
}
