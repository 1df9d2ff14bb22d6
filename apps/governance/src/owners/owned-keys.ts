import { Injectable } from '@nestjs/common';
import { VirtualKeyEntity } from '@penstock/entities';
import { In, type EntityManager } from 'typeorm';

import type { Change } from '../changes/change.js';

/** A key as its owners need to know it. */
export type OwnedKey = Pick<VirtualKeyEntity, 'id' | 'name' | 'keyHash'>;

/** The virtual keys of teams and customers, as far as changes of those concern them. */
@Injectable()
export class OwnedKeys {
  /**
   * The keys of teams. While the teams are locked, none of them can change its owner or its limits: every change
   * of a key first takes a lock on its team. So the keys themselves need no lock.
   */
  async ofTeams(tx: EntityManager, teamIds: readonly string[]): Promise<OwnedKey[]> {
    if (teamIds.length === 0) return [];
    return tx.getRepository(VirtualKeyEntity).find({
      select: { id: true, name: true, keyHash: true },
      where: { teamId: In([...teamIds]) },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
  }

  /** The keys that belong to a customer directly. */
  async ofCustomer(tx: EntityManager, customerId: string): Promise<OwnedKey[]> {
    return tx.getRepository(VirtualKeyEntity).find({
      select: { id: true, name: true, keyHash: true },
      where: { customerId },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
  }

  /** Deletes keys together with their owner, one audit line each. */
  async deleteWithOwner(change: Change, tenantId: string, keys: readonly OwnedKey[]): Promise<void> {
    if (keys.length === 0) return;
    await change.tx.getRepository(VirtualKeyEntity).delete({ id: In(keys.map(({ id }) => id)) });
    change.touch(
      tenantId,
      keys.map(({ keyHash }) => keyHash),
    );
    for (const { id, name } of keys) {
      change.audit({
        tenantId,
        action: 'virtual_key.deleted',
        entityType: 'virtual_key',
        entityId: id,
        before: { name, value: '[redacted]' },
        after: null,
      });
    }
  }
}
