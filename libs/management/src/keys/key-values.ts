import { Injectable } from '@nestjs/common';
import { readSecretUses, VirtualKeySecretEntity } from '@penstock/entities';
import { DataSource, In, type EntityManager } from 'typeorm';

import { KeySecrets } from './key-secret.js';

/** A value of a key that works, and when it was last used. */
export interface LiveValue {
  readonly secret: VirtualKeySecretEntity;
  readonly lastUsedAt: Date | null;
}

/** What a rotation did. */
export interface RotatedValues {
  readonly issued: VirtualKeySecretEntity;
  /** The value that was current; null when there was none. */
  readonly replacedSecretId: string | null;
  /** Values that do not work any more. */
  readonly endedSecretIds: readonly string[];
  /** When the replaced value ends. */
  readonly previousEndsAt: Date;
  /** Of every value that the key had and has: what gateways must forget. */
  readonly keyHashes: readonly string[];
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

  /**
   * Gives a key a new value. Of those before, only the current one works on, and only for the overlap.
   *
   * @param secretId of the new value.
   * @param overlapMs 0: every value of before ends at once.
   */
  async rotate(
    tx: EntityManager,
    keyId: string,
    { secretId, overlapMs, now }: { readonly secretId: string; readonly overlapMs: number; readonly now: Date },
  ): Promise<RotatedValues> {
    const secrets = await this.ofKey(tx, keyId);
    const replaced = secrets.find(({ expiresAt }) => expiresAt === null);
    const previousEndsAt = new Date(now.getTime() + overlapMs);
    const endedSecretIds = secrets.filter((secret) => overlapMs === 0 || secret !== replaced).map(({ id }) => id);
    await this.delete(tx, endedSecretIds);
    if (replaced !== undefined && overlapMs > 0) await this.end(tx, replaced.id, previousEndsAt);
    const issued = await this.issue(tx, keyId, secretId, now);
    return {
      issued,
      replacedSecretId: replaced?.id ?? null,
      endedSecretIds,
      previousEndsAt,
      keyHashes: [...secrets, issued].map(({ keyHash }) => keyHash),
    };
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
