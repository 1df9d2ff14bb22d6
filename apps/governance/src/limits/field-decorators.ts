import { DurationError, parseDuration, parseInstant } from '@penstock/domain';
import { Transform } from 'class-transformer';
import { registerDecorator } from 'class-validator';

/** 2^63 - 1 as the nearest double writes itself: what JavaScript clients send for the largest limit of the contract. */
const LIMIT_MAX = 9_223_372_036_854_776_000n;
const NAME_LENGTH_MAX = 255;
const CENT_DECIMALS_MAX = 7;

/** A validator that says why a value is refused; undefined: it is not. The reason follows the name of the field. */
export function rule(name: string, reasonAgainst: (value: unknown) => string | undefined): PropertyDecorator {
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

/** Text that PostgreSQL can store: a NUL character and half a surrogate pair would fail there. */
export function IsPlainText(options: {
  readonly lengthMax: number;
  readonly isEmptyAllowed?: boolean;
}): PropertyDecorator {
  return rule('isPlainText', (value) => reasonAgainstText(value, options));
}

/** Why a value is no text that PostgreSQL can store, of at most so many characters. */
export function reasonAgainstText(
  value: unknown,
  { lengthMax, isEmptyAllowed = false }: { readonly lengthMax: number; readonly isEmptyAllowed?: boolean },
): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  if (value.includes('\0')) return 'must not contain a NUL character';
  if (!value.isWellFormed()) return 'must not contain half a surrogate pair';
  if (!isEmptyAllowed && value === '') return 'must not be empty';
  if (value.length > lengthMax) return `must not be longer than ${lengthMax} characters`;
  return undefined;
}

/** The name of something: text with the blanks around it taken off, not empty. */
export function IsName(): PropertyDecorator {
  return (target, key) => {
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value))(target, key);
    IsPlainText({ lengthMax: NAME_LENGTH_MAX })(target, key);
  };
}

/** A list of names; an empty list is a value of its own. */
export function IsNameList(): PropertyDecorator {
  return rule('isNameList', (value) => {
    if (!Array.isArray(value)) return 'must be an array of strings';
    if (value.length > 1_000) return 'must not have more than 1000 entries';
    for (const entry of value) {
      const reason = reasonAgainstText(entry, { lengthMax: NAME_LENGTH_MAX });
      if (reason !== undefined) return `must be an array of strings: an entry ${reason}`;
    }
    return undefined;
  });
}

/** A duration of the contract's grammar. */
export function IsDuration(): PropertyDecorator {
  return rule('isDuration', (value) => {
    if (typeof value !== 'string') return 'must be a string such as "1h" or "1d"';
    try {
      parseDuration(value);
      return undefined;
    } catch (error) {
      if (error instanceof DurationError) return `is refused: ${error.message}`;
      throw error;
    }
  });
}

/** A moment as RFC 3339 text. */
export function IsTimestamp(): PropertyDecorator {
  return rule('isTimestamp', (value) =>
    typeof value === 'string' && parseInstant(value) !== undefined
      ? undefined
      : 'must be a timestamp such as "2026-01-31T00:00:00Z"',
  );
}

const IDS_MAX = 1_000;

/** Ids of entities; whether there are such entities is not checked here. */
export function IsIdList(): PropertyDecorator {
  return rule('isIdList', (value) => {
    if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) return 'must be an array of ids';
    return value.length > IDS_MAX ? `must not have more than ${IDS_MAX} entries` : undefined;
  });
}

/** An amount in cents that adds something: as {@link IsCents}, but not zero. */
export function IsPositiveCents(): PropertyDecorator {
  return (target, key) => {
    IsCents()(target, key);
    rule('isPositiveCents', (value) => (Number(value) === 0 ? 'must be greater than 0' : undefined))(target, key);
  };
}

/** An amount in cents: a JSON number, not negative, not finer than a nano-dollar. */
export function IsCents(): PropertyDecorator {
  return rule('isCents', (value) => {
    if (typeof value !== 'number' && typeof value !== 'bigint') return 'must be a number of cents';
    return reasonAgainstAmount(value) ?? reasonAgainstDecimals(value);
  });
}

const WEIGHT_MAX = 1_000_000;

/** A share relative to others: a number, not negative. */
export function IsWeight(): PropertyDecorator {
  return rule('isWeight', (value) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a number';
    return value < 0 || value > WEIGHT_MAX ? `must be from 0 to ${WEIGHT_MAX}` : undefined;
  });
}

const PERCENTS_MAX = 20;

/** Percents of a limit: whole numbers from 1 to 100, each once. */
export function IsPercentList(): PropertyDecorator {
  return rule('isPercentList', (value) => {
    if (!Array.isArray(value)) return 'must be an array of percents';
    if (value.length > PERCENTS_MAX) return `must not have more than ${PERCENTS_MAX} entries`;
    const isPercent = (entry: unknown): boolean =>
      Number.isInteger(entry) && Number(entry) >= 1 && Number(entry) <= 100;
    if (!value.every(isPercent)) return 'must hold whole numbers from 1 to 100';
    return new Set(value).size === value.length ? undefined : 'must not hold a percent twice';
  });
}

/** How many: a whole JSON number, not negative. */
export function IsCount(): PropertyDecorator {
  return rule('isCount', (value) => {
    if (typeof value !== 'number' && typeof value !== 'bigint') return 'must be a number';
    if (typeof value === 'number' && !Number.isInteger(value)) return 'must be a whole number';
    return reasonAgainstAmount(value);
  });
}

function reasonAgainstAmount(value: number | bigint): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return 'must be a finite number';
  if (value < 0) return 'must not be negative';
  if (value > LIMIT_MAX) return 'must not be greater than 9223372036854775807';
  return undefined;
}

function reasonAgainstDecimals(value: number | bigint): string | undefined {
  const [mantissa = '', exponent = '0'] = value.toString().split('e');
  const decimals = (mantissa.split('.')[1]?.length ?? 0) - Number(exponent);
  return decimals > CENT_DECIMALS_MAX ? `must not have more than ${CENT_DECIMALS_MAX} decimals` : undefined;
}
