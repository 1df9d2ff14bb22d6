import { AppError } from '@penstock/domain';
import type { VirtualKeyEntity } from '@penstock/entities';

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

/** The fields of a key after a partial update, without its parent: what is absent or null stays. */
export function planKeyFields(
  current: VirtualKeyEntity,
  request: UpdateVirtualKeyRequest,
): Pick<VirtualKeyEntity, 'name' | 'description' | 'isActive' | 'allowedModels' | 'allowedProviders'> {
  return {
    name: request.name ?? current.name,
    description: request.description ?? current.description,
    isActive: request.is_active ?? current.isActive,
    allowedModels: request.allowed_models ?? current.allowedModels,
    allowedProviders: request.allowed_providers ?? current.allowedProviders,
  };
}

/** Whether two states of a key's own columns differ. */
export function isKeyChanged(
  before: VirtualKeyEntity,
  after: ReturnType<typeof planKeyFields> & ReturnType<typeof planParent>,
): boolean {
  return (
    before.name !== after.name ||
    before.description !== after.description ||
    before.isActive !== after.isActive ||
    before.teamId !== after.teamId ||
    before.customerId !== after.customerId ||
    JSON.stringify(before.allowedModels) !== JSON.stringify(after.allowedModels) ||
    JSON.stringify(before.allowedProviders) !== JSON.stringify(after.allowedProviders)
  );
}
