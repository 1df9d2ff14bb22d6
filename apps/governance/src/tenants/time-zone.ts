import { registerDecorator } from 'class-validator';

const LENGTH_MAX = 64;

/** Whether the text is an IANA name that this runtime has the rules of. Offsets such as `+02:00` are none. */
export function isTimeZone(text: string): boolean {
  if (text.length > LENGTH_MAX || !/^[A-Za-z]/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The IANA name of a time zone. */
export function IsTimeZone(): PropertyDecorator {
  return (target, key) => {
    registerDecorator({
      name: 'isTimeZone',
      target: target.constructor,
      propertyName: String(key),
      validator: {
        validate: (value: unknown) => typeof value === 'string' && isTimeZone(value),
        defaultMessage: (args) => `${args?.property} must be the IANA name of a time zone, such as "Europe/Berlin"`,
      },
    });
  };
}
