import { Injectable } from '@nestjs/common';
import { AppError, uuidv7 } from '@penstock/domain';
import { type SaasTeamEntity, VirtualKeyEntity, VirtualKeySecretEntity } from '@penstock/entities';
import {
  brokenConstraintOf,
  type Change,
  Changed,
  KeySecrets,
  KeyValues,
  maskedValue,
  nextTimestamp,
  parseOverlap,
  PolicyChanges,
} from '@penstock/management';
import { mayReveal, type RequestContext } from '@penstock/platform';
import { DataSource, type EntityManager, IsNull } from 'typeorm';

import { TeamsRepository } from './teams.repository.js';

/** A value that was made for a team. */
export interface IssuedKey {
  readonly keyId: string;
  /** In the clear. */
  readonly keyValue: string;
}

/** A rotation, as its answer says it. */
export interface RotatedKey extends IssuedKey {
  /** When the value before stops working; null when there was none. */
  readonly previousEndsAt: Date | null;
}

/** The virtual key that each team has: a key like any other in governance, made and rotated here. */
@Injectable()
export class TeamKeys {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: PolicyChanges,
    private readonly teams: TeamsRepository,
    private readonly values: KeyValues,
    private readonly secrets: KeySecrets,
  ) {}

  /**
   * Makes the key of a team that has none, in the caller's change, and writes down that its value was shown. The team
   * must be locked, or of this transaction.
   */
  async issue(change: Change, team: SaasTeamEntity, tenantId: string): Promise<IssuedKey> {
    const { tx, now } = change;
    const id = uuidv7(now.getTime());
    const key = Object.assign(new VirtualKeyEntity(), {
      id,
      name: `${team.teamId}_key`,
      description: `Key of the team ${team.teamId} of the organization ${team.organizationId}.`,
      isActive: true,
      allowedModels: null,
      allowedProviders: null,
      teamId: team.governanceTeamId,
      customerId: null,
      expiresAt: null,
      allowedIps: null,
      tags: null,
      createdAt: now,
      updatedAt: now,
    });
    await insertUnderFreeName(tx, key);
    // The first value has the id of its key, as everywhere.
    const secret = await this.values.issue(tx, id, id, now);
    team.virtualKeyId = id;
    await this.teams.update(tx, team);
    // Drops a negative look-up of the value, so that the key works at once.
    change.touch(tenantId, [secret.keyHash]);
    change.audit({
      tenantId,
      action: 'virtual_key.created',
      entityType: 'virtual_key',
      entityId: id,
      before: null,
      after: {
        name: key.name,
        team_id: team.governanceTeamId,
        is_active: true,
        value: '[redacted]',
        secret_id: id,
        value_revealed: true,
      },
    });
    return { keyId: id, keyValue: this.secrets.reveal(secret) };
  }

  /** Whoever was told that a value works on for a while must not be cut off by a second click. */
  private async refuseWhileOverlapping(tx: EntityManager, keyId: string, now: Date): Promise<void> {
    const ending = (await this.values.ofKey(tx, keyId)).find(({ expiresAt }) => expiresAt !== null && expiresAt > now);
    if (ending === undefined) return;
    throw new AppError('rotation_under_way', {
      detail: `The value before works until ${ending.expiresAt?.toISOString()}, because of an earlier rotation.`,
    });
  }

  /**
   * Gives the key of a team a new value; a team whose key governance has deleted gets a new key.
   *
   * @param overlap for which the value before works on, such as `1h`.
   */
  async rotate(ctx: RequestContext, teamId: string, overlap: string): Promise<Changed<RotatedKey>> {
    const overlapMs = parseOverlap(overlap);
    return this.changes.run(ctx, async (change) => {
      const { tx, now } = change;
      const team = await this.teams.lock(tx, teamId);
      const tenantId = await this.teams.tenantIdOf(tx, team.organizationId);
      const key = team.virtualKeyId === null ? null : await lockKey(tx, team.virtualKeyId);
      if (key === null) return { ...(await this.issue(change, team, tenantId)), previousEndsAt: null };
      if (overlapMs > 0) await this.refuseWhileOverlapping(tx, key.id, now);
      const secretId = uuidv7(now.getTime());
      const rotated = await this.values.rotate(tx, key.id, { secretId, overlapMs, now });
      const updatedAt = nextTimestamp(key.updatedAt, now);
      await tx.getRepository(VirtualKeyEntity).update({ id: key.id }, { updatedAt });
      change.touch(tenantId, rotated.keyHashes);
      change.audit({
        tenantId,
        action: 'virtual_key.rotated',
        entityType: 'virtual_key',
        entityId: key.id,
        before: { value: '[redacted]', secret_id: rotated.replacedSecretId },
        after: {
          value: '[redacted]',
          secret_id: secretId,
          overlap,
          previous_ends_at: rotated.previousEndsAt.toISOString(),
          ended_secret_ids: rotated.endedSecretIds,
          value_revealed: true,
        },
      });
      return {
        keyId: key.id,
        keyValue: this.secrets.reveal(rotated.issued),
        previousEndsAt: rotated.replacedSecretId === null ? null : rotated.previousEndsAt,
      };
    });
  }

  /**
   * The current value of a team's key for who asks: in the clear, once the audit trail has it that it was shown, or
   * masked. Null when the team has no key any more.
   */
  async show(ctx: RequestContext, team: SaasTeamEntity): Promise<string | null> {
    const secret = team.virtualKeyId === null ? null : await this.currentSecret(team.virtualKeyId);
    if (secret === null) return null;
    if (!mayReveal(ctx)) return maskedValue(secret.valueHint);
    await this.changes.run(ctx, async (change) => {
      change.audit({
        tenantId: await this.teams.tenantIdOf(change.tx, team.organizationId),
        action: 'virtual_key.revealed',
        entityType: 'virtual_key',
        entityId: secret.virtualKeyId,
        before: null,
        after: { secret_id: secret.id, team_id: team.teamId },
      });
    });
    return this.secrets.reveal(secret);
  }

  private currentSecret(keyId: string): Promise<VirtualKeySecretEntity | null> {
    return this.dataSource
      .getRepository(VirtualKeySecretEntity)
      .findOneBy({ virtualKeyId: keyId, expiresAt: IsNull() });
  }
}

/** Names of keys are unique: where an operator has taken the name, the id makes it one that nobody has. */
async function insertUnderFreeName(tx: EntityManager, key: VirtualKeyEntity): Promise<void> {
  try {
    // A savepoint: what the refused statement leaves behind is the rest of the change.
    await tx.transaction((inner) => inner.getRepository(VirtualKeyEntity).insert(key));
  } catch (error) {
    if (brokenConstraintOf(error) !== 'uq_virtual_keys_name') throw error;
    key.name = `${key.name}_${key.id}`;
    await tx.getRepository(VirtualKeyEntity).insert(key);
  }
}

function lockKey(tx: EntityManager, id: string): Promise<VirtualKeyEntity | null> {
  return tx.getRepository(VirtualKeyEntity).findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
}
