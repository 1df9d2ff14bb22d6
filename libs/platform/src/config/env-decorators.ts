import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { registerDecorator } from 'class-validator';

import { Secret } from './secret.js';

interface EnvOptions {
  /** May be absent. A property with an initial value is optional without saying so. */
  optional?: boolean;
}

/** What a parser makes of the text: the value, or the reason why there is none. */
type Parsed = { value: unknown } | { reason: string };

/** Stands in the instance until validation turns it into a message; never leaves this folder. */
class Rejected {
  constructor(readonly reason: string) {}
}

const optionalProperties = new WeakMap<object, Set<string>>();

function variable(parse: (text: string) => Parsed, options: EnvOptions): PropertyDecorator {
  return (target, key) => {
    const name = String(key);
    if (options.optional === true) {
      const names = optionalProperties.get(target) ?? new Set();
      optionalProperties.set(target, names.add(name));
    }
    applyDecorators(
      Transform(({ value }) => {
        if (typeof value !== 'string') {
          return value;
        }
        const parsed = parse(value);
        return 'reason' in parsed ? new Rejected(parsed.reason) : parsed.value;
      }),
    )(target, key);
    registerDecorator({
      name: 'envVariable',
      target: target.constructor,
      propertyName: name,
      validator: {
        validate: (value: unknown) =>
          value instanceof Rejected ? false : value !== undefined || isOptional(target, name),
        defaultMessage: (args) => (args?.value instanceof Rejected ? args.value.reason : 'is required but not set'),
      },
    });
  };
}

function isOptional(target: object, name: string): boolean {
  for (let proto: object | null = target; proto !== null; proto = Object.getPrototypeOf(proto)) {
    if (optionalProperties.get(proto)?.has(name) === true) {
      return true;
    }
  }
  return false;
}

/** A whole number within bounds. */
export function IntEnv(options: EnvOptions & { min?: number; max?: number } = {}): PropertyDecorator {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
  return variable((text) => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value) || value < min || value > max) {
      return { reason: `must be a whole number from ${min} to ${max}, got ${quote(text)}` };
    }
    return { value };
  }, options);
}

/** A TCP port; 0 lets the system choose. */
export function PortEnv(options: EnvOptions = {}): PropertyDecorator {
  return IntEnv({ ...options, min: 0, max: 65_535 });
}

/** Free text, optionally held to a pattern that `hint` explains. */
export function TextEnv(options: EnvOptions & { pattern?: RegExp; hint?: string } = {}): PropertyDecorator {
  return variable((text) => {
    if (options.pattern !== undefined && !options.pattern.test(text)) {
      return { reason: `${options.hint ?? `must match ${options.pattern.source}`}, got ${quote(text)}` };
    }
    return { value: text };
  }, options);
}

/** An absolute URL as text, without a trailing slash. The text is never quoted back: URLs carry passwords. */
export function UrlEnv(options: EnvOptions & { protocols: readonly string[] }): PropertyDecorator {
  const accepted = options.protocols.map((protocol) => `${protocol}://`).join(' or ');
  return variable((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !options.protocols.includes(url.protocol.slice(0, -1))) {
      return { reason: `must be a URL that starts with ${accepted}` };
    }
    return { value: text.replace(/\/+$/, '') };
  }, options);
}

/** A credential; becomes a `Secret`, and no message shows it. */
export function SecretEnv(options: EnvOptions & { minLength?: number } = {}): PropertyDecorator {
  const { minLength = 1 } = options;
  return variable((text) => {
    if (text.length < minLength) {
      return { reason: `must have at least ${minLength} characters` };
    }
    return { value: new Secret(text) };
  }, options);
}

/** A list separated by commas; blanks around entries and empty entries are dropped. */
export function CsvEnv(options: EnvOptions = {}): PropertyDecorator {
  return variable((text) => {
    const entries = text.split(',').map((entry) => entry.trim());
    return { value: Object.freeze(entries.filter((entry) => entry !== '')) };
  }, options);
}

/** One word of a closed list. */
export function ChoiceEnv(choices: readonly string[], options: EnvOptions = {}): PropertyDecorator {
  return variable((text) => {
    if (!choices.includes(text)) {
      return { reason: `must be one of ${choices.join(', ')}, got ${quote(text)}` };
    }
    return { value: text };
  }, options);
}

/** `true` or `false`. */
export function BoolEnv(options: EnvOptions = {}): PropertyDecorator {
  return variable((text) => {
    if (text !== 'true' && text !== 'false') {
      return { reason: `must be true or false, got ${quote(text)}` };
    }
    return { value: text === 'true' };
  }, options);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
