import { parseInstant } from '@penstock/domain';
import { registerDecorator } from 'class-validator';

/** A moment as RFC 3339 text with its offset; `instantOf` reads it. */
export function IsInstant(): PropertyDecorator {
  return (target, key) => {
    registerDecorator({
      name: 'isInstant',
      target: target.constructor,
      propertyName: String(key),
      validator: {
        validate: (value: unknown) => typeof value === 'string' && parseInstant(value) !== undefined,
        defaultMessage: (args) => `${args?.property} must be a timestamp such as "2026-01-31T00:00:00Z"`,
      },
    });
  };
}
