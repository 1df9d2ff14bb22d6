import type { LimitEntity } from '@penstock/domain';

/** The columns of a limit row of which exactly one is set. */
export interface OwnerColumns {
  readonly virtualKeyId: string | null;
  readonly teamId: string | null;
  readonly customerId: string | null;
  readonly providerConfigId: string | null;
  readonly modelConfigId: string | null;
  /** Only budgets are shared. */
  readonly sharedTenantId?: string | null;
}

/** Whose limit it is; of a shared budget the id is that of its tenant. */
export interface LimitOwner {
  readonly entity: LimitEntity;
  readonly id: string;
}

const COLUMN = {
  virtual_key: 'virtualKeyId',
  team: 'teamId',
  customer: 'customerId',
  provider_config: 'providerConfigId',
  model_config: 'modelConfigId',
  shared_budget: 'sharedTenantId',
} as const satisfies Record<LimitEntity, keyof OwnerColumns>;

/** The column that makes a row belong to the owner; the others stay null. */
export function columnsOf(owner: LimitOwner): Partial<OwnerColumns> {
  return { [COLUMN[owner.entity]]: owner.id };
}

/** The owner that the columns name. */
export function ownerOf(row: OwnerColumns): LimitOwner {
  for (const [entity, column] of Object.entries(COLUMN) as [LimitEntity, keyof OwnerColumns][]) {
    const id = row[column];
    if (id !== null && id !== undefined) return { entity, id };
  }
  throw new Error('A limit without owner cannot be: the table forbids it.');
}
