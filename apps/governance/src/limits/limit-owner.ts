import type { LimitEntity } from '@penstock/domain';

/** The three columns of a limit row, of which exactly one is set. */
export interface OwnerColumns {
  readonly virtualKeyId: string | null;
  readonly teamId: string | null;
  readonly customerId: string | null;
}

/** Whose limit it is. */
export interface LimitOwner {
  readonly entity: LimitEntity;
  readonly id: string;
}

/** The columns that make a row belong to the owner. */
export function columnsOf(owner: LimitOwner): OwnerColumns {
  return {
    virtualKeyId: owner.entity === 'virtual_key' ? owner.id : null,
    teamId: owner.entity === 'team' ? owner.id : null,
    customerId: owner.entity === 'customer' ? owner.id : null,
  };
}

/** The owner that the columns name. */
export function ownerOf(row: OwnerColumns): LimitOwner {
  if (row.virtualKeyId !== null) return { entity: 'virtual_key', id: row.virtualKeyId };
  if (row.teamId !== null) return { entity: 'team', id: row.teamId };
  if (row.customerId !== null) return { entity: 'customer', id: row.customerId };
  throw new Error('A limit without owner cannot be: the table forbids it.');
}
