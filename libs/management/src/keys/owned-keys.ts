import { Injectable } from '@nestjs/common';
import { VirtualKeyEntity } from '@penstock/entities';
import { Any, type EntityManager, type FindOptionsWhere } from 'typeorm';

import type { Change } from '../changes/index.js';
import { findKeyHashes } from './key-hashes.js';

/** A key as its owners need to know it. */
export interface OwnedKey extends Pick<VirtualKeyEntity, 'id' | 'name'> {
  /** Of every value it has. */
  readonly keyHashes: readonly string[];
}

/** The virtual keys of teams and customers, as far as changes of those concern them. */
@Injectable()
export class OwnedKeys {
  /**
   * The keys of teams. While the teams are locked, none of them can change its owner or its limits: every change
   * of a key first takes a lock on its team. So the keys themselves need no lock.
   */
  async ofTeams(tx: EntityManager, teamIds: readonly string[]): Promise<OwnedKey[]> {
    if (teamIds.length === 0) return [];
    return this.find(tx, { teamId: Any([...teamIds]) });
  }

  /** The keys that belong to a customer directly. */
  async ofCustomer(tx: EntityManager, customerId: string): Promise<OwnedKey[]> {
    return this.find(tx, { customerId });
  }

  /** Deletes keys together with their owner, one audit line each. */
  async deleteWithOwner(change: Change, tenantId: string, keys: readonly OwnedKey[]): Promise<void> {
    if (keys.length === 0) return;
    await change.tx.getRepository(VirtualKeyEntity).delete({ id: Any(keys.map(({ id }) => id)) });
    change.touch(
      tenantId,
      keys.flatMap(({ keyHashes }) => keyHashes),
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

  private async find(tx: EntityManager, where: FindOptionsWhere<VirtualKeyEntity>): Promise<OwnedKey[]> {
    const keys = await tx.getRepository(VirtualKeyEntity).find({
      select: { id: true, name: true },
      where,
      order: { createdAt: 'ASC', id: 'ASC' },
    });
    const hashes = await findKeyHashes(
      tx,
      keys.map(({ id }) => id),
    );
    return keys.map(({ id, name }) => ({ id, name, keyHashes: hashes.get(id) ?? [] }));
  }
}
