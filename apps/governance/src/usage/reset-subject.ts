import { AppError } from '@penstock/domain';

import type { UsageResetRequest } from './usage.requests.js';

const KINDS = ['virtual_key', 'team', 'customer', 'budget', 'rate_limit'] as const;

/** What a reset is about. */
export interface ResetSubject {
  readonly kind: (typeof KINDS)[number];
  readonly id: string;
}

/** What a request names. @throws AppError `validation_failed` unless that is exactly one thing. */
export function resetSubject(request: UsageResetRequest): ResetSubject {
  const [subject, second] = KINDS.flatMap((kind) => {
    const id = request[`${kind}_id`];
    return id === null || id === undefined ? [] : [{ kind, id: id.toLowerCase() }];
  });
  if (subject === undefined || second !== undefined) {
    const names = KINDS.map((kind) => `${kind}_id`);
    throw new AppError('validation_failed', {
      detail: `Send exactly one of ${names.join(', ')}.`,
      fields: names.map((path) => ({ path, reason: 'exactly one of the ids is required' })),
    });
  }
  const parts = (['provider', 'model'] as const).filter((field) => (request[field] ?? null) !== null);
  if (subject.kind === 'virtual_key' || parts.length === 0) return subject;
  throw new AppError('validation_failed', {
    detail: `${parts.join(' and ')} can only be named together with virtual_key_id.`,
    fields: parts.map((path) => ({ path, reason: 'needs virtual_key_id' })),
  });
}
