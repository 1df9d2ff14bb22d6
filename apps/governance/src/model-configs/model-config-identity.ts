import type { LimitOwner } from '@penstock/management';
import { AppError } from '@penstock/domain';
import type { ModelConfigEntity } from '@penstock/entities';

/** The three ids of which a request names one; absent and null mean the same. */
export interface OwnerIds {
  readonly virtual_key_id?: string | null;
  readonly team_id?: string | null;
  readonly customer_id?: string | null;
}

const OWNERS = [
  { entity: 'virtual_key', field: 'virtual_key_id', column: 'virtualKeyId' },
  { entity: 'team', field: 'team_id', column: 'teamId' },
  { entity: 'customer', field: 'customer_id', column: 'customerId' },
] as const;

/** Whom a request names. @throws AppError `validation_failed` when that is nobody, or more than one. */
export function namedOwner(ids: OwnerIds): LimitOwner {
  const [owner, second] = OWNERS.flatMap(({ entity, field }) => {
    const id = ids[field];
    return id === null || id === undefined ? [] : [{ entity, id }];
  });
  if (owner !== undefined && second === undefined) return owner;
  throw new AppError('validation_failed', {
    detail: 'Send exactly one of virtual_key_id, team_id and customer_id.',
    fields: OWNERS.map(({ field }) => ({ path: field, reason: 'exactly one of the three ids is required' })),
  });
}

/**
 * A model config stays what it is: its counters have counted that model's calls of that owner. So a PUT may name the
 * identity, but not another one.
 *
 * @throws AppError `validation_failed`
 */
export function refuseOtherIdentity(
  config: ModelConfigEntity,
  request: OwnerIds & { readonly model?: string | null; readonly provider?: string | null },
): void {
  const named = [
    { path: 'model', value: request.model, current: config.model },
    { path: 'provider', value: request.provider?.toLowerCase(), current: config.provider },
    ...OWNERS.map(({ field, column }) => ({
      path: field,
      value: request[field]?.toLowerCase(),
      current: config[column],
    })),
  ];
  const other = named.filter(({ value, current }) => value !== null && value !== undefined && value !== current);
  if (other.length === 0) return;
  throw new AppError('validation_failed', {
    detail: `${other.map(({ path }) => path).join(' and ')} of a model config cannot be changed. Create another one.`,
    fields: other.map(({ path }) => ({ path, reason: 'cannot be changed' })),
  });
}
