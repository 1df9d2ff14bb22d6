import { callerErrors } from './caller-errors.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import { creditErrors } from './credit-errors.js';
import { jobErrors } from './job-errors.js';
import { limitErrors } from './limit-errors.js';
import { managementErrors } from './management-errors.js';
import { modelErrors } from './model-errors.js';
import { operatorErrors } from './operator-errors.js';
import { providerErrors } from './provider-errors.js';
import { serviceErrors } from './service-errors.js';

const entries = {
  ...callerErrors,
  ...limitErrors,
  ...serviceErrors,
  ...providerErrors,
  ...managementErrors,
  ...modelErrors,
  ...operatorErrors,
  ...creditErrors,
  ...jobErrors,
};

/** The closed list of everything that can go wrong, by the code that goes over the wire. */
export type ErrorCode = keyof typeof entries;

/** Code -> status, wording, documentation, retry and log policy. */
export const catalogue: Readonly<Record<ErrorCode, CatalogueEntry & { readonly code: ErrorCode }>> = Object.freeze(
  Object.fromEntries(
    (Object.keys(entries) as ErrorCode[]).map((code) => [code, Object.freeze({ code, ...entries[code] })]),
  ) as Record<ErrorCode, CatalogueEntry & { readonly code: ErrorCode }>,
);

/** Every code, in the order of the documentation. */
export const errorCodes: readonly ErrorCode[] = Object.freeze(Object.keys(entries) as ErrorCode[]);

/** How the caller identified itself; SDKs that send a bearer credential expect 401 where the key is at fault. */
export type CredentialDialect = 'virtual_key_header' | 'bearer';

/** The HTTP status of a code for a caller of this dialect. */
export function statusOf(code: ErrorCode, dialect: CredentialDialect): number {
  const entry = catalogue[code];
  return dialect === 'bearer' ? (entry.statusBearer ?? entry.status) : entry.status;
}
