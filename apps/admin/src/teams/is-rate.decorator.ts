import { registerDecorator } from 'class-validator';

const RATE = /^\d{1,10}(?:\.\d{1,2})?$/;

/** A rate as the books keep it, with two decimals; undefined when the value is none. */
export function rateOf(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  return RATE.test(text) && Number(text) > 0 ? text : undefined;
}

/** A number above 0 and below 10,000,000,000 with at most two decimals; a text that is one counts as one. */
export function IsRate(): PropertyDecorator {
  return (target, key) => {
    const propertyName = String(key);
    registerDecorator({
      name: 'isNumber',
      target: target.constructor,
      propertyName,
      validator: {
        validate: (value: unknown) => rateOf(value) !== undefined,
        defaultMessage: () =>
          `${propertyName} must be a number above 0 and below 10000000000 with at most two decimals`,
      },
    });
  };
}
