import { parseUsdPerMtok, parseUsdPerRequest } from '@penstock/domain';
import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsOptional, registerDecorator } from 'class-validator';

import { IsName, IsTimestamp } from '../limits/field-decorators.js';

const PRICE_LENGTH_MAX = 24;

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
