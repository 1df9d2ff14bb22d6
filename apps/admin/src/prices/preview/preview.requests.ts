import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsOptional, IsString, IsUUID, MaxLength, ValidateNested } from 'class-validator';

import { IsInstant } from '../../http/is-instant.decorator.js';
import { IsNaming } from '../../http/is-storable.decorator.js';
import { IsWholeNumber } from '../../http/is-whole-number.decorator.js';
import { PriceBookTermsRequest } from '../book/price-book.requests.js';

const DRAFTS_MAX = 100;
const PAGE_MAX = 500;

/** An entry that the price book could have. */
export class DraftEntryRequest extends PriceBookTermsRequest {
  /** Absent: the entry is in force for the whole period, in place of every entry of its kind, provider and model. */
  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true })
  @IsOptional()
  @IsInstant()
  effective_from?: string | null;

  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true })
  @IsOptional()
  @IsInstant()
  effective_until?: string | null;
}

/** Body of `POST /api/organizations/{id}/price-book/preview`. */
export class PreviewRequest {
  /** Laid into the price book as it was; none shows what it was. */
  @ApiPropertyOptional({ type: [DraftEntryRequest], maxItems: DRAFTS_MAX, nullable: true })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(DRAFTS_MAX)
  @ValidateNested({ each: true })
  @Type(() => DraftEntryRequest)
  entries?: DraftEntryRequest[] | null;

  /** Entries of the price book that are left out, as if they had never been made. */
  @ApiPropertyOptional({
    type: [String],
    maxItems: DRAFTS_MAX,
    nullable: true,
    items: { type: 'string', format: 'uuid' },
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(DRAFTS_MAX)
  @IsUUID('all', { each: true })
  without_entries?: string[] | null;

  /** Calls that started from then on. */
  @ApiProperty({ type: String, format: 'date-time' })
  @IsInstant()
  from!: string;

  /** Exclusive; now when absent. */
  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true })
  @IsOptional()
  @IsInstant()
  to?: string | null;

  /** Only calls that went to this provider. */
  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: 255, nullable: true })
  @IsOptional()
  @IsNaming()
  provider?: string | null;

  /** Only calls that went to this model. */
  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: 255, nullable: true })
  @IsOptional()
  @IsNaming()
  model?: string | null;

  /** Models in the answer; the totals are of all. */
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: PAGE_MAX,
    nullable: true,
    description: '100 when absent.',
  })
  @IsOptional()
  @IsWholeNumber({ min: 1, max: PAGE_MAX })
  limit?: number | null;

  /** The `next_cursor` of the page before. */
  @ApiPropertyOptional({ type: String, maxLength: 4_000, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(4_000)
  cursor?: string | null;
}
