import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { PRICE_BOOK_KINDS } from '@penstock/domain';
import { IsBoolean, IsIn, IsOptional, IsUUID } from 'class-validator';

import { IsDecimal } from '../../http/is-decimal.decorator.js';
import { IsInstant } from '../../http/is-instant.decorator.js';
import { IsNaming } from '../../http/is-storable.decorator.js';
import { IsWholeNumber } from '../../http/is-whole-number.decorator.js';

/** What the columns hold exactly, and a JSON number too. */
const USD_PER_MTOK = { max: 999_999_999, decimals: 6 };
const USD_PER_CALL = { max: 999_999, decimals: 9 };
/** What the contract's `cost_markup_percentage` holds. */
const PERCENT = { max: 999, decimals: 2 };
const PAGE_MAX = 200;

/** What an entry is about, and what it says. */
export class PriceBookTermsRequest {
  @ApiProperty({ type: String, enum: PRICE_BOOK_KINDS })
  @IsIn(PRICE_BOOK_KINDS)
  kind!: (typeof PRICE_BOOK_KINDS)[number];

  /** In any case. Absent, null or `*`: every provider. */
  @ApiPropertyOptional({ type: String, nullable: true, minLength: 1, maxLength: 255, example: 'openai' })
  @IsOptional()
  @IsNaming()
  provider?: string | null;

  /** Without provider prefix, exactly as it is sent to the provider. Absent, null or `*`: every model. */
  @ApiPropertyOptional({ type: String, nullable: true, minLength: 1, maxLength: 255, example: 'gpt-4o' })
  @IsOptional()
  @IsNaming()
  model?: string | null;

  /** Of a markup or discount; at most 100 for a discount. */
  @ApiPropertyOptional({
    oneOf: [{ type: 'number', minimum: 0, maximum: 999 }, { type: 'string' }],
    nullable: true,
    example: 20,
    description: 'At most two decimals.',
  })
  @IsOptional()
  @IsDecimal(PERCENT)
  percent?: number | string | null;

  /** Of an override: the client pays nothing. */
  @ApiPropertyOptional({ type: Boolean, nullable: true })
  @IsOptional()
  @IsBoolean()
  is_free?: boolean | null;

  /** Of an override: US dollars for a million tokens, at most six decimals; with `output_usd_per_mtok`. */
  @UsdPerMtok()
  input_usd_per_mtok?: number | string | null;

  /** The input price when absent. */
  @UsdPerMtok()
  cache_read_usd_per_mtok?: number | string | null;

  /** The input price when absent. */
  @UsdPerMtok()
  cache_write_usd_per_mtok?: number | string | null;

  @UsdPerMtok()
  output_usd_per_mtok?: number | string | null;

  /** Of an override: US dollars for a call, at most nine decimals; alone it is a flat price. */
  @ApiPropertyOptional({
    oneOf: [{ type: 'number', minimum: 0, maximum: 999_999 }, { type: 'string' }],
    nullable: true,
  })
  @IsOptional()
  @IsDecimal(USD_PER_CALL)
  request_usd?: number | string | null;
}

function UsdPerMtok(): PropertyDecorator {
  return (target, key) => {
    ApiPropertyOptional({
      oneOf: [{ type: 'number', minimum: 0, maximum: 999_999_999 }, { type: 'string' }],
      nullable: true,
      example: 2.5,
    })(target, key);
    IsOptional()(target, key);
    IsDecimal(USD_PER_MTOK)(target, key);
  };
}

/** Body of `POST /api/organizations/{id}/price-book`. */
export class CreatePriceBookEntryRequest extends PriceBookTermsRequest {
  /** Now when absent; not in the past, because calls of then are accounted already. */
  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true })
  @IsOptional()
  @IsInstant()
  effective_from?: string | null;

  /** From then on what was there before is in force again. Absent: until a later version. */
  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true })
  @IsOptional()
  @IsInstant()
  effective_until?: string | null;

  /** Why; for those who read the history. */
  @ApiPropertyOptional({ type: String, nullable: true, minLength: 1, maxLength: 255 })
  @IsOptional()
  @IsNaming()
  reason?: string | null;
}

/** Query of `GET /api/organizations/{id}/price-book`. */
export class PriceBookQuery {
  @ApiPropertyOptional({
    type: String,
    enum: ['true', 'false'],
    description: 'true: every version there ever was; else what is in force or to come.',
  })
  @IsOptional()
  @IsIn(['true', 'false'])
  history?: 'true' | 'false';

  @ApiPropertyOptional({ type: String, enum: PRICE_BOOK_KINDS })
  @IsOptional()
  @IsIn(PRICE_BOOK_KINDS)
  kind?: (typeof PRICE_BOOK_KINDS)[number];

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: PAGE_MAX, description: '50 when absent.' })
  @IsOptional()
  @IsWholeNumber({ min: 1, max: PAGE_MAX })
  limit?: number;

  /** The `next_cursor` of the page before. */
  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @IsOptional()
  @IsUUID('all')
  cursor?: string;
}

/** Query of `GET /api/organizations/{id}/price-book/effective`. */
export class EffectivePriceQuery {
  @ApiProperty({ type: String, minLength: 1, maxLength: 255, example: 'openai' })
  @IsNaming()
  provider!: string;

  @ApiProperty({ type: String, minLength: 1, maxLength: 255, example: 'gpt-4o' })
  @IsNaming()
  model!: string;

  /** Now when absent. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @IsOptional()
  @IsInstant()
  at?: string;
}
