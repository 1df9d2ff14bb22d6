import type { LimitUnit } from '@penstock/domain';
import type { RateLimitEntity } from '@penstock/entities';

/** Units that a rate limit may limit. */
export type RateLimitUnit = Exclude<LimitUnit, 'nano_usd' | 'credits' | 'micro_credits'>;

/** Units of a rate limit that have a window. */
export type WindowedUnit = Exclude<RateLimitUnit, 'concurrent_requests'>;

/** The limits that one rate limit may consist of, and what their fields begin with on the wire and in the entity. */
export const RATE_LIMIT_KINDS = [
  { unit: 'tokens', wire: 'token', field: 'token' },
  { unit: 'requests', wire: 'request', field: 'request' },
  { unit: 'input_tokens', wire: 'input_token', field: 'inputToken' },
  { unit: 'output_tokens', wire: 'output_token', field: 'outputToken' },
  { unit: 'concurrent_requests', wire: 'concurrent', field: 'concurrent' },
] as const satisfies readonly { readonly unit: LimitUnit; readonly wire: string; readonly field: string }[];

/** Those of {@link RATE_LIMIT_KINDS} that have a window. */
export const WINDOWED_KINDS = RATE_LIMIT_KINDS.filter(
  (kind): kind is Extract<(typeof RATE_LIMIT_KINDS)[number], { readonly unit: WindowedUnit }> =>
    kind.unit !== 'concurrent_requests',
);

/** What a rate limit says of one unit. */
export interface KindTerms {
  /** Decimal integer; null: not limited. */
  readonly maxLimit: string | null;
  readonly resetDuration: string | null;
  readonly anchorAt: Date;
  readonly generation: number;
}

type Field = (typeof WINDOWED_KINDS)[number]['field'];

const FIELD: Readonly<Record<WindowedUnit, Field>> = {
  tokens: 'token',
  requests: 'request',
  input_tokens: 'inputToken',
  output_tokens: 'outputToken',
};

/** The columns of one unit. */
export type KindColumns = Pick<
  RateLimitEntity,
  `${Field}MaxLimit` | `${Field}ResetDuration` | `${Field}AnchorAt` | `${Field}Generation`
>;

/** Reads what a rate limit says of one unit. */
export function termsOfKind(rateLimit: KindColumns, unit: WindowedUnit): KindTerms {
  const field = FIELD[unit];
  return {
    maxLimit: rateLimit[`${field}MaxLimit`],
    resetDuration: rateLimit[`${field}ResetDuration`],
    anchorAt: rateLimit[`${field}AnchorAt`],
    generation: rateLimit[`${field}Generation`],
  };
}

/** The columns that say so: reverse of {@link termsOfKind}. */
export function columnsOfKind(unit: WindowedUnit, terms: Partial<KindTerms>): Partial<KindColumns> {
  const field = FIELD[unit];
  return {
    ...(terms.maxLimit === undefined ? {} : { [`${field}MaxLimit`]: terms.maxLimit }),
    ...(terms.resetDuration === undefined ? {} : { [`${field}ResetDuration`]: terms.resetDuration }),
    ...(terms.anchorAt === undefined ? {} : { [`${field}AnchorAt`]: terms.anchorAt }),
    ...(terms.generation === undefined ? {} : { [`${field}Generation`]: terms.generation }),
  };
}
