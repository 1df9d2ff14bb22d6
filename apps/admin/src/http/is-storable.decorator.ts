import { registerDecorator } from 'class-validator';

/**
 * A JSON object that PostgreSQL can keep: its text and jsonb hold no NUL and no half of a surrogate pair. Nesting is
 * bounded by the body parser.
 */
export function IsStorableObject(): PropertyDecorator {
  return rule(
    'isObject',
    'must be an object of text without NUL and half surrogate pairs',
    (value) => isObject(value) && isStorable(value),
  );
}

/**
 * A text that names something: 1 to 255 characters, no control characters, not blank, no blanks around it. Half a
 * surrogate pair would come back from PostgreSQL as another character, and break the hash of its audit entry.
 */
export function IsNaming(): PropertyDecorator {
  return rule(
    'isString',
    `must be a text of 1 to ${NAMING_LENGTH_MAX} characters, without control characters and without blanks around it`,
    isNaming,
  );
}

/** A text that PostgreSQL can keep: any, also an empty one, without NUL and half surrogate pairs. */
export function IsStorableText(lengthMax: number): PropertyDecorator {
  return rule(
    'isString',
    `must be a text of at most ${lengthMax} characters, without NUL and half surrogate pairs`,
    (value) => typeof value === 'string' && value.length <= lengthMax && isStorable(value),
  );
}

/** A list of texts that name something each, as {@link IsNaming} has it. */
export function IsNamingList(): PropertyDecorator {
  return rule(
    'isArray',
    `must be a list of at most ${NAMES_MAX} names of 1 to ${NAMING_LENGTH_MAX} characters`,
    (value) => Array.isArray(value) && value.length <= NAMES_MAX && value.every((name) => isNaming(name)),
  );
}

/**
 * A text of whole characters. Written as UTF-8, every half of a surrogate pair would become the same character: one
 * such password would be as good as another.
 */
export function IsWellFormed(): PropertyDecorator {
  return rule(
    'isWellFormed',
    'must not contain half surrogate pairs',
    (value) => typeof value !== 'string' || value.isWellFormed(),
  );
}

const NAMING = /^\P{Cc}+$/u;
const NAMING_LENGTH_MAX = 255;
/** Most names that a list of names holds. */
export const NAMES_MAX = 1_000;

/** Whether a value is as {@link IsNaming} wants it. */
export function isNaming(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= NAMING_LENGTH_MAX &&
    value.trim() === value &&
    value.isWellFormed() &&
    NAMING.test(value)
  );
}

function rule(name: string, reason: string, isValid: (value: unknown) => boolean): PropertyDecorator {
  return (target, key) => {
    const propertyName = String(key);
    registerDecorator({
      name,
      target: target.constructor,
      propertyName,
      validator: { validate: isValid, defaultMessage: () => `${propertyName} ${reason}` },
    });
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (Array.isArray(value)) return value.every((item) => isStorable(item));
  if (!isObject(value)) return true;
  return Object.entries(value).every(([key, member]) => isStorable(key) && isStorable(member));
}
