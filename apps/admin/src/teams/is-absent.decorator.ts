import { registerDecorator } from 'class-validator';

/** A field that clients may know but must not send; null counts as not sent. */
export function IsAbsent(reason: string): PropertyDecorator {
  return (target, key) => {
    const propertyName = String(key);
    registerDecorator({
      name: 'isAbsent',
      target: target.constructor,
      propertyName,
      validator: {
        validate: (value: unknown) => value === undefined || value === null,
        defaultMessage: () => `${propertyName} ${reason}`,
      },
    });
  };
}
