import { parseUsdPerMtok, parseUsdPerRequest } from '@penstock/domain';
import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsOptional, registerDecorator } from 'class-validator';

import { IsName } from '../limits/field-decorators.js';

const PRICE_LENGTH_MAX = 24;
/** RFC 3339; what PostgreSQL and JavaScript agree on. */
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

function IsDecimalPrice(parse: (text: string) => bigint): PropertyDecorator {
  return (target, key) => {
    registerDecorator({
      name: 'isDecimalPrice',
      target: target.constructor,
      propertyName: String(key),
      validator: {
        validate: (value: unknown) => reasonAgainstPrice(value, parse) === undefined,
        defaultMessage: (args) => `${args?.property} ${reasonAgainstPrice(args?.value, parse)}`,
      },
    });
  };
}

function reasonAgainstPrice(value: unknown, parse: (text: string) => bigint): string | undefined {
  if (typeof value !== 'string') return 'must be a decimal number as a string, such as "2.50"';
  if (value.length > PRICE_LENGTH_MAX || !/^\d{1,12}(\.\d+)?$/.test(value))
    return 'must be a decimal number such as "2.50"';
  try {
    parse(value);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return `is refused: ${error.message}`;
    throw error;
  }
}

/** An offset can move the year to 10000, which RFC 3339 cannot write. */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

function isWithinYears1To9999(ms: number): boolean {
  return ms >= EARLIEST_MS && ms <= LATEST_MS;
}

function IsTimestamp(): PropertyDecorator {
  return (target, key) => {
    registerDecorator({
      name: 'isTimestamp',
      target: target.constructor,
      propertyName: String(key),
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' && TIMESTAMP.test(value) && isWithinYears1To9999(Date.parse(value)),
        defaultMessage: (args) => `${args?.property} must be a timestamp such as "2026-01-31T00:00:00Z"`,
      },
    });
  };
}

/** A decimal price in US dollars for a million tokens. */
const IsUsdPerMtok = (): PropertyDecorator => IsDecimalPrice(parseUsdPerMtok);

/** The prices of an override: decimal strings, because JSON numbers would round them. */
class PriceFields {
  @ApiProperty({ type: String, format: 'date-time', required: false, nullable: true, description: 'Now when absent.' })
  @IsOptional()
  @IsTimestamp()
  effective_from?: string | null;

  @ApiProperty({ type: Boolean, required: false, nullable: true, description: 'Explicitly free of charge.' })
  @IsOptional()
  @IsBoolean()
  is_free?: boolean | null;

  @ApiProperty({ type: String, required: false, nullable: true, example: '2.50' })
  @IsOptional()
  @IsUsdPerMtok()
  input_usd_per_mtok?: string | null;

  @ApiProperty({ type: String, required: false, nullable: true, description: 'The input price when absent.' })
  @IsOptional()
  @IsUsdPerMtok()
  cache_read_usd_per_mtok?: string | null;

  @ApiProperty({ type: String, required: false, nullable: true, description: 'The input price when absent.' })
  @IsOptional()
  @IsUsdPerMtok()
  cache_write_usd_per_mtok?: string | null;

  @ApiProperty({ type: String, required: false, nullable: true, example: '10' })
  @IsOptional()
  @IsUsdPerMtok()
  output_usd_per_mtok?: string | null;

  @ApiProperty({ type: String, required: false, nullable: true, description: 'Per call; alone it is a flat price.' })
  @IsOptional()
  @IsDecimalPrice(parseUsdPerRequest)
  request_usd?: string | null;
}

/** Body of `POST /price-overrides`. */
export class CreatePriceOverrideRequest extends PriceFields {
  @ApiProperty({ type: String, example: 'openai' })
  @IsName()
  provider!: string;

  @ApiProperty({ type: String, example: 'gpt-4o', description: 'Without provider prefix; * for every model.' })
  @IsName()
  model!: string;
}

/** Body of `PUT /price-overrides/{id}`: what is absent or null stays as it is. */
export class UpdatePriceOverrideRequest extends PriceFields {}
