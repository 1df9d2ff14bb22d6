import { AppError, normalizeIpRange } from '@penstock/domain';
import type { VirtualKeyEntity } from '@penstock/entities';

import { planExpiry } from './key-expiry.js';
import type { UpdateVirtualKeyRequest } from './virtual-keys.requests.js';

/** The parent ids of a request; null and absent are told apart only by whether they are a conflict. */
export interface ParentIds {
  readonly team_id?: string | null;
  readonly customer_id?: string | null;
}

/** Which parent a key gets. Naming one clears the other; an empty id clears its own; null and absent change nothing. */
export function planParent(
  current: { readonly teamId: string | null; readonly customerId: string | null },
  request: ParentIds,
): { readonly teamId: string | null; readonly customerId: string | null } {
  const teamId = request.team_id ?? undefined;
  const customerId = request.customer_id ?? undefined;
  if (teamId !== undefined && customerId !== undefined) {
    throw new AppError('ownership_conflict', {
      detail: 'A virtual key cannot be attached to both a team and a customer: send team_id or customer_id.',
    });
  }
  if (teamId !== undefined && teamId !== '') return { teamId: teamId.toLowerCase(), customerId: null };
  if (customerId !== undefined && customerId !== '') return { teamId: null, customerId: customerId.toLowerCase() };
  return {
    teamId: teamId === '' ? null : current.teamId,
    customerId: customerId === '' ? null : current.customerId,
  };
}

/** The fields of a key that a request may set, without its parent. */
export type KeyFields = Pick<
  VirtualKeyEntity,
  'name' | 'description' | 'isActive' | 'allowedModels' | 'allowedProviders' | 'expiresAt' | 'allowedIps' | 'tags'
>;

/** A key before its first request; it gets its name from there. */
export const NEW_KEY: KeyFields = Object.freeze({
  name: '',
  description: null,
  isActive: true,
  allowedModels: null,
  allowedProviders: null,
  expiresAt: null,
  allowedIps: null,
  tags: null,
});

/** The fields of a key after a partial update: what is absent or null stays. @throws AppError `validation_failed` */
export function planKeyFields(current: KeyFields, request: UpdateVirtualKeyRequest, nowMs: number): KeyFields {
  return {
    name: request.name ?? current.name,
    description: request.description ?? current.description,
    isActive: request.is_active ?? current.isActive,
    allowedModels: request.allowed_models ?? current.allowedModels,
    allowedProviders: request.allowed_providers ?? current.allowedProviders,
    expiresAt: planExpiry(current.expiresAt, request.expires_at, nowMs),
    allowedIps: request.allowed_ips ? [...new Set(request.allowed_ips.map(normalizeIpRange))] : current.allowedIps,
    tags: request.tags ?? current.tags,
  };
}

/** Whether two states of a key's own columns differ. */
export function isKeyChanged(before: VirtualKeyEntity, after: KeyFields & ReturnType<typeof planParent>): boolean {
  return (
    before.name !== after.name ||
    before.description !== after.description ||
    before.isActive !== after.isActive ||
    before.teamId !== after.teamId ||
    before.customerId !== after.customerId ||
    before.expiresAt?.getTime() !== after.expiresAt?.getTime() ||
    (['allowedModels', 'allowedProviders', 'allowedIps', 'tags'] as const).some(
      (field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]),
    )
  );
}
