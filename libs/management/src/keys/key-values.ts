import { Injectable } from '@nestjs/common';
import { readSecretUses, VirtualKeySecretEntity } from '@penstock/entities';
import { DataSource, In, type EntityManager } from 'typeorm';

import { KeySecrets } from './key-secret.js';

/** A value of a key that works, and when it was last used. */
export interface LiveValue {
  readonly secret: VirtualKeySecretEntity;
  readonly lastUsedAt: Date | null;
}

/** Rows of `governance.virtual_key_secrets`. Who writes them holds a lock on the key. */
@Injectable()
export class KeyValues {
  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: KeySecrets,
  ) {}

  /** Mints the current value of a key. The one before must have its end by then. */
  async issue(tx: EntityManager, keyId: string, secretId: string, now: Date): Promise<VirtualKeySecretEntity> {
    const secret = Object.assign(new VirtualKeySecretEntity(), {
      id: secretId,
      virtualKeyId: keyId,
      ...this.secrets.mint(secretId).stored,
      createdAt: now,
      expiresAt: null,
    });
    await tx.getRepository(VirtualKeySecretEntity).insert(secret);
    return secret;
  }

  /** Every value that is stored, also those whose end has passed; the newest first. */
  async ofKey(tx: EntityManager, keyId: string): Promise<VirtualKeySecretEntity[]> {
    return tx
      .getRepository(VirtualKeySecretEntity)
      .find({ where: { virtualKeyId: keyId }, order: { createdAt: 'DESC', id: 'DESC' } });
  }

  /** The values that work at `nowMs`; the current one first. */
  async live(keyId: string, nowMs: number): Promise<LiveValue[]> {
    const { manager } = this.dataSource;
    const secrets = (await this.ofKey(manager, keyId))
      .filter(({ expiresAt }) => expiresAt === null || expiresAt.getTime() > nowMs)
      .toSorted((left, right) => Number(right.expiresAt === null) - Number(left.expiresAt === null));
    const uses = await readSecretUses(
      manager,
      secrets.map(({ id }) => id),
    );
    return secrets.map((secret) => ({ secret, lastUsedAt: uses.get(secret.id) ?? null }));
  }

  async end(tx: EntityManager, secretId: string, expiresAt: Date): Promise<void> {
    await tx.getRepository(VirtualKeySecretEntity).update({ id: secretId }, { expiresAt });
  }

  async delete(tx: EntityManager, secretIds: readonly string[]): Promise<void> {
    if (secretIds.length > 0) await tx.getRepository(VirtualKeySecretEntity).delete({ id: In([...secretIds]) });
  }
}
