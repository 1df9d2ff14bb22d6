import { ApiProperty } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';

import { IsWholeNumber } from './is-whole-number.decorator.js';

/** How a list is cut. Without `limit` it is whole: clients of the contract expect a bare array of all entries. */
export class PageQuery {
  @ApiProperty({ type: 'integer', required: false, minimum: 1, maximum: 10_000 })
  @IsOptional()
  @IsWholeNumber({ min: 1, max: 10_000 })
  limit?: number;

  @ApiProperty({ type: 'integer', required: false, minimum: 0, maximum: 1_000_000_000 })
  @IsOptional()
  @IsWholeNumber({ min: 0, max: 1_000_000_000 })
  offset?: number;
}
