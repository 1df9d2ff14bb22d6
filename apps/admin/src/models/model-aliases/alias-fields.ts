import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { formatUsdPerMtok, parseUsdPerMtok, providerNameFrom } from '@penstock/domain';
import { Transform } from 'class-transformer';
import { IsOptional, registerDecorator } from 'class-validator';

/** Dearer than this is a slip of the keyboard; it also keeps every price exact as a JSON number. */
const USD_PER_MTOK_MAX = 1_000_000;

/**
 * The name of a provider, in any case; kept as gateways compare it. Any provider may be named: whether calls can be sent
 * to it depends on the gateways' environment and on the credentials of organizations, both of which may come later.
 */
export function IsProviderName(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (providerNameFrom(value) ?? value) : value,
    ),
    rule('isString', (value) =>
      typeof value === 'string' && providerNameFrom(value) !== undefined
        ? undefined
        : 'must be the name of a provider: 1 to 63 letters, digits, dots, dashes and underscores',
    ),
  );
}

/** Optional price in USD per million tokens: a JSON number or a decimal text, at most six decimals. Zero is a price. */
export function IsUsdPerMtok(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({
      type: Number,
      minimum: 0,
      maximum: USD_PER_MTOK_MAX,
      nullable: true,
      description: 'USD per million tokens, at most six decimals. 0 is a price: free.',
    }),
    IsOptional(),
    rule('isNumber', reasonAgainstPrice),
  );
}

/** The decimal text that the database keeps of a price that was let in. */
export function priceText(price: number | string): string {
  return formatUsdPerMtok(parseUsdPerMtok(String(price)));
}

function reasonAgainstPrice(value: unknown): string | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return 'must be a number';
  try {
    return parseUsdPerMtok(String(value)) > parseUsdPerMtok(String(USD_PER_MTOK_MAX))
      ? `must not be greater than ${USD_PER_MTOK_MAX}`
      : undefined;
  } catch (error) {
    if (error instanceof RangeError) return `is refused: ${error.message}`;
    throw error;
  }
}

/** A validator that says why a value is refused; the reason follows the name of the field. */
function rule(name: string, reasonAgainst: (value: unknown) => string | undefined): PropertyDecorator {
  return (target, key) => {
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(key),
      validator: {
        validate: (value: unknown) => reasonAgainst(value) === undefined,
        defaultMessage: (args) => `${args?.property} ${reasonAgainst(args?.value)}`,
      },
    });
  };
}
