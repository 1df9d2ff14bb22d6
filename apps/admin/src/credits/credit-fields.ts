import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsOptional, Max, Min, registerDecorator } from 'class-validator';

import { TakesIntegerText } from '../http/integer-text.js';
import { IsInstant } from '../http/is-instant.decorator.js';

/** The most that one booking moves. Balances of millions of such bookings still are exact JSON numbers. */
export const CREDITS_MAX = 1_000_000_000_000;
export const REASON_LENGTH_MAX = 500;
/** No idempotency key and payment reference is longer. */
export const KEY_LENGTH_MAX = 200;

/** A number of credits; "5" counts as 5. */
export function IsCredits({ min = 1, max = CREDITS_MAX } = {}): PropertyDecorator {
  return applyDecorators(
    TakesIntegerText(),
    IsInt(),
    Min(min),
    Max(max, { message: `$property must not be greater than ${max}: one booking moves no more` }),
  );
}

/** Text that PostgreSQL can keep, for people to read. */
export function IsReason(lengthMax: number = REASON_LENGTH_MAX): PropertyDecorator {
  return textRule(`a text of at most ${lengthMax} characters without control characters`, (value) =>
    isPlainText(value, lengthMax),
  );
}

/** Text that names a booking: an idempotency key, or the reference of a payment. */
export function IsBookingKey(): PropertyDecorator {
  return textRule(`a text of 1 to ${KEY_LENGTH_MAX} characters without control characters`, isBookingKey);
}

/** See {@link IsBookingKey}. */
export function isBookingKey(value: unknown): value is string {
  return isPlainText(value, KEY_LENGTH_MAX) && value.trim() !== '';
}

/** The order in which credits are used, and until when. */
export class GrantFields {
  @ApiProperty({ type: 'integer', required: false, nullable: true, minimum: 0, maximum: 1_000, default: 100 })
  @IsOptional()
  @IsCredits({ min: 0, max: 1_000 })
  priority?: number | null;

  /** Absent or null: never. */
  @ApiProperty({ type: String, format: 'date-time', required: false, nullable: true })
  @IsOptional()
  @IsInstant()
  expires_at?: string | null;

  /** The same as the header `Idempotency-Key`, which goes before it. */
  @ApiProperty({ type: String, required: false, nullable: true, minLength: 1, maxLength: KEY_LENGTH_MAX })
  @IsOptional()
  @IsBookingKey()
  idempotency_key?: string | null;
}

/** {@link GrantFields} with what people are told about them. */
export class ReasonedGrantFields extends GrantFields {
  @ApiProperty({ type: String, required: false, nullable: true, maxLength: REASON_LENGTH_MAX })
  @IsOptional()
  @IsReason()
  reason?: string | null;
}

const CONTROL = /\p{Cc}/u;

function isPlainText(value: unknown, lengthMax: number): value is string {
  return typeof value === 'string' && value.length <= lengthMax && value.isWellFormed() && !CONTROL.test(value);
}

function textRule(what: string, isValid: (value: unknown) => boolean): PropertyDecorator {
  return (target, key) => {
    const propertyName = String(key);
    registerDecorator({
      name: 'isString',
      target: target.constructor,
      propertyName,
      validator: { validate: isValid, defaultMessage: () => `${propertyName} must be ${what}` },
    });
  };
}
