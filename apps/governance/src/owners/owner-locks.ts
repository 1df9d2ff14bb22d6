import { Injectable } from '@nestjs/common';
import {
  CustomerEntity,
  ModelConfigEntity,
  ProviderConfigEntity,
  TeamEntity,
  TenantEntity,
  VirtualKeyEntity,
} from '@penstock/entities';
import { findKeyHashes, type LimitOwner, ownerOf, tenantIdOf } from '@penstock/management';
import type { EntityManager } from 'typeorm';

import { ParentLocks } from './parent-locks.js';

/** An owner of limits that cannot change or move until the transaction ends. */
export interface LockedOwner {
  readonly tenantId: string;
  /** Hashes of the key's values when the owner is a key. */
  readonly keyHashes: readonly string[];
}

/** Locks whoever owns a limit, the way a change of the owner itself does. */
@Injectable()
export class OwnerLocks {
  constructor(private readonly parents: ParentLocks) {}

  /** Null when the owner is gone, and its limits with it. */
  async lock(tx: EntityManager, owner: LimitOwner): Promise<LockedOwner | null> {
    const carrier = await this.carrierOf(tx, owner);
    return carrier === null ? null : this.lockCarrier(tx, carrier);
  }

  /** A config is locked with whom it belongs to. */
  private async carrierOf(tx: EntityManager, owner: LimitOwner): Promise<LimitOwner | null> {
    const where = { id: owner.id };
    if (owner.entity === 'provider_config') {
      const config = await tx.getRepository(ProviderConfigEntity).findOneBy(where);
      return config === null ? null : { entity: 'virtual_key', id: config.virtualKeyId };
    }
    if (owner.entity !== 'model_config') return owner;
    const config = await tx.getRepository(ModelConfigEntity).findOneBy(where);
    return config === null ? null : ownerOf({ ...config, providerConfigId: null, modelConfigId: null });
  }

  private async lockCarrier(tx: EntityManager, owner: LimitOwner): Promise<LockedOwner | null> {
    const where = { id: owner.id };
    const lock = { mode: 'pessimistic_write' } as const;
    if (owner.entity === 'shared_budget') {
      const tenant = await tx.getRepository(TenantEntity).findOne({ where, lock });
      return tenant === null ? null : { tenantId: tenant.id, keyHashes: [] };
    }
    if (owner.entity === 'customer') {
      const customer = await tx.getRepository(CustomerEntity).findOne({ where, lock });
      return customer === null ? null : { tenantId: customer.id, keyHashes: [] };
    }
    if (owner.entity === 'team') {
      const team = await tx.getRepository(TeamEntity).findOne({ where, lock });
      if (team === null) return null;
      return { tenantId: tenantIdOf({ teamId: team.id, customerId: team.customerId }), keyHashes: [] };
    }
    const key = await tx.getRepository(VirtualKeyEntity).findOne({ where, lock });
    if (key === null) return null;
    const team = key.teamId === null ? null : await this.parents.team(tx, key.teamId);
    const customerId = key.customerId ?? team?.customerId ?? null;
    return {
      tenantId: tenantIdOf({ keyId: key.id, teamId: key.teamId, customerId }),
      keyHashes: (await findKeyHashes(tx, [key.id])).get(key.id) ?? [],
    };
  }
}
