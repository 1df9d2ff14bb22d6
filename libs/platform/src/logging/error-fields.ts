import { redactText } from './redact-text.js';

const causeDepthMax = 4;

/** What a log line says of an error. */
export interface ErrorFields {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: ErrorFields;
}

/**
 * The allow-listed fields of an error. Drivers hang statement parameters, request bodies and headers on their
 * errors, so nothing but these fields is read.
 */
export function errorFields(error: unknown, depth = 0): ErrorFields {
  if (!(error instanceof Error)) {
    return { type: typeof error, message: redactText(typeof error === 'string' ? error : 'a thrown non-error') };
  }
  const fields: ErrorFields = { type: error.name, message: redactText(error.message) };
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string') {
    fields.code = code;
  }
  if (error.stack !== undefined) {
    fields.stack = redactText(error.stack);
  }
  if (error.cause !== undefined && depth < causeDepthMax) {
    fields.cause = errorFields(error.cause, depth + 1);
  }
  return fields;
}
