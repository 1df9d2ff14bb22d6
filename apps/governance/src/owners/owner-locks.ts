import { Injectable } from '@nestjs/common';
import { CustomerEntity, TeamEntity, VirtualKeyEntity } from '@penstock/entities';
import type { EntityManager } from 'typeorm';

import type { LimitOwner } from '../limits/limit-owner.js';
import { tenantIdOf } from '../policies/tenant-of.js';
import { findKeyHashes } from './key-hashes.js';
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
    const where = { id: owner.id };
    const lock = { mode: 'pessimistic_write' } as const;
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
