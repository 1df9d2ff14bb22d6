import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsOptional, Max, Min } from 'class-validator';

import { TakesIntegerText } from './integer-text.js';

/** How a list is cut. Without `limit` it is whole: clients of the contract expect a bare array of all entries. */
export class PageQuery {
  @ApiProperty({ type: 'integer', required: false, minimum: 1, maximum: 10_000 })
  @IsOptional()
  @TakesIntegerText()
  @IsInt()
  @Min(1)
  @Max(10_000)
  limit?: number;

  @ApiProperty({ type: 'integer', required: false, minimum: 0, maximum: 1_000_000_000 })
  @IsOptional()
  @TakesIntegerText()
  @IsInt()
  @Min(0)
  @Max(1_000_000_000)
  offset?: number;
}
