import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';

import { IsNaming } from '../../http/is-storable.decorator.js';
import { IsWholeNumber } from '../../http/is-whole-number.decorator.js';

const PAGE_MAX = 500;

/** Query of `GET /api/prices/catalogue`. */
export class CatalogueQuery {
  /** Only of this provider, in any case. */
  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: 255, example: 'openai' })
  @IsOptional()
  @IsNaming()
  provider?: string;

  /** Only this model. With a provider any name that calls could use, also one that the list does not spell out. */
  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: 255, example: 'gpt-4o' })
  @IsOptional()
  @IsNaming()
  model?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: PAGE_MAX, description: '100 when absent.' })
  @IsOptional()
  @IsWholeNumber({ min: 1, max: PAGE_MAX })
  limit?: number;

  /** The `next_cursor` of the page before. */
  @ApiPropertyOptional({ type: String, maxLength: 4_000 })
  @IsOptional()
  @IsString()
  @MaxLength(4_000)
  cursor?: string;
}
