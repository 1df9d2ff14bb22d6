import { type Clock, uuidv7 } from '@penstock/domain';
import { POLICY_INVALIDATED, type PolicyInvalidatedPayload } from '@penstock/dto';
import { appendAudit, appendOutbox, raiseTenantEpoch, SYSTEM_TENANT_ID } from '@penstock/entities';
import { isDeadlock } from '@penstock/management';
import { SecretBoxError, type SecretBox } from '@penstock/platform';
import type { DataSource, EntityManager } from 'typeorm';

import { SEALED_COLUMNS, type SealedColumns } from './sealed-columns.js';

const ATTEMPTS_MAX = 5;
/** Services that still seal with an older key may add rows behind a pass. */
const PASSES_MAX = 5;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

interface SealedRow {
  readonly id: string;
  readonly ciphertext: Buffer;
  readonly keyVersion: number;
}

/** A secret that none of the keys opens. */
export interface UnopenedSecret {
  readonly secrets: string;
  readonly id: string;
  readonly reason: string;
}

/** How far a rotation has come. */
export interface RotationReport {
  /** Secrets sealed anew by this run. */
  readonly resealed: number;
  /** Secrets that are not sealed with the current key, those included that cannot be opened. */
  readonly remaining: number;
  readonly unopened: readonly UnopenedSecret[];
}

/** Options of a rotation. */
export interface RotationOptions {
  /** Rows of one transaction. */
  readonly batchSize: number;
  /** Hears of every batch: what its secrets are, and how many of them this run has sealed anew. */
  readonly onProgress?: (secrets: string, resealed: number) => void;
}

/**
 * Seals every secret anew that another key than the current one has sealed. Each batch is a transaction that locks its
 * rows, so it can be stopped at any time, started again, and run beside services that use and change the same secrets.
 */
export class SecretRotation {
  private readonly unopened = new Map<string, UnopenedSecret>();
  private resealed = 0;

  constructor(
    private readonly dataSource: DataSource,
    private readonly box: SecretBox,
    private readonly clock: Clock,
    private readonly options: RotationOptions,
  ) {}

  async run(): Promise<RotationReport> {
    let remaining = await this.countRemaining();
    for (let pass = 0; pass < PASSES_MAX && remaining > this.unopened.size; pass += 1) {
      for (const columns of SEALED_COLUMNS) await this.rotate(columns);
      remaining = await this.countRemaining();
    }
    return { resealed: this.resealed, remaining, unopened: [...this.unopened.values()] };
  }

  /** Secrets that are not sealed with the current key. */
  async countRemaining(): Promise<number> {
    let remaining = 0;
    for (const { table, keyVersion } of SEALED_COLUMNS) {
      const [row] = await this.dataSource.query<{ count: number }[]>(
        `SELECT count(*)::int AS count FROM ${table} WHERE ${keyVersion} <> $1`,
        [this.box.currentVersion],
      );
      remaining += row?.count ?? 0;
    }
    return remaining;
  }

  private async rotate(columns: SealedColumns): Promise<void> {
    let resealed = 0;
    let afterId: string | undefined = FIRST_ID;
    while (afterId !== undefined) {
      const batch: { readonly lastId: string | undefined; readonly resealed: number } = await this.transact(
        columns,
        afterId,
      );
      afterId = batch.lastId;
      resealed += batch.resealed;
      this.resealed += batch.resealed;
      if (batch.resealed > 0) this.options.onProgress?.(columns.secrets, resealed);
    }
  }

  private async transact(
    columns: SealedColumns,
    afterId: string,
    attempt = 1,
  ): Promise<{ readonly lastId: string | undefined; readonly resealed: number }> {
    try {
      return await this.dataSource.transaction(async (tx) => {
        const rows = await this.lockBatch(tx, columns, afterId);
        const ids: string[] = [];
        for (const row of rows) if (await this.reseal(tx, columns, row)) ids.push(row.id);
        if (ids.length > 0) {
          await this.announce(tx, columns, ids);
          await this.record(tx, columns, ids.length, rows);
        }
        return { lastId: rows.at(-1)?.id, resealed: ids.length };
      });
    } catch (error) {
      // A service locked the same rows in another order; nothing of this batch was written.
      if (attempt >= ATTEMPTS_MAX || !isDeadlock(error)) throw error;
      return this.transact(columns, afterId, attempt + 1);
    }
  }

  private lockBatch(tx: EntityManager, columns: SealedColumns, afterId: string): Promise<SealedRow[]> {
    const { table, id, ciphertext, keyVersion } = columns;
    return tx.query<SealedRow[]>(
      `SELECT ${id} AS id, ${ciphertext} AS ciphertext, ${keyVersion} AS "keyVersion" FROM ${table}
       WHERE ${keyVersion} <> $1 AND ${id} > $2 ORDER BY ${id} LIMIT $3 FOR NO KEY UPDATE`,
      [this.box.currentVersion, afterId, this.options.batchSize],
    );
  }

  /** False for a secret that does not open: it stays as it is. */
  private async reseal(tx: EntityManager, columns: SealedColumns, row: SealedRow): Promise<boolean> {
    const { secrets, table, id, ciphertext, keyVersion } = columns;
    let plaintext: string;
    try {
      plaintext = this.box.decrypt(row, row.id);
    } catch (error) {
      if (!(error instanceof SecretBoxError)) throw error;
      this.unopened.set(`${table} ${row.id}`, { secrets, id: row.id, reason: error.message });
      return false;
    }
    const sealed = this.box.encrypt(plaintext, row.id);
    await tx.query(`UPDATE ${table} SET ${ciphertext} = $2, ${keyVersion} = $3 WHERE ${id} = $1`, [
      row.id,
      sealed.ciphertext,
      sealed.keyVersion,
    ]);
    return true;
  }

  /** Policies of these tenants hold the text of before; the worker's relay brings the news to the gateways. */
  private async announce(tx: EntityManager, { tenantsSql }: SealedColumns, ids: readonly string[]): Promise<void> {
    if (tenantsSql === undefined) return;
    const createdAt = new Date(this.clock.now());
    const tenants = await tx.query<{ tenantId: string }[]>(tenantsSql, [ids]);
    const messages: Parameters<typeof appendOutbox>[1][number][] = [];
    for (const { tenantId } of tenants) {
      const epoch = await raiseTenantEpoch(tx, tenantId);
      const payload: PolicyInvalidatedPayload = { schemaVersion: 1, tenantId, epoch, keyHashes: [], carryOvers: [] };
      messages.push({
        id: uuidv7(createdAt.getTime()),
        type: POLICY_INVALIDATED,
        tenantId,
        payload: { ...payload },
        createdAt,
      });
    }
    await appendOutbox(tx, messages);
  }

  private async record(
    tx: EntityManager,
    { secrets }: SealedColumns,
    count: number,
    rows: readonly SealedRow[],
  ): Promise<void> {
    const nowMs = this.clock.now();
    const versions = [...new Set(rows.map(({ keyVersion }) => keyVersion))].toSorted((left, right) => left - right);
    await appendAudit(tx, {
      id: uuidv7(nowMs),
      tenantId: SYSTEM_TENANT_ID,
      occurredAt: new Date(nowMs),
      actorType: 'system',
      actorId: 'rotate-secrets',
      action: 'secrets.resealed',
      entityType: 'encryption_key',
      entityId: String(this.box.currentVersion),
      before: { secrets, key_versions: versions },
      after: { secrets, key_version: this.box.currentVersion, count },
      ip: null,
      userAgent: null,
      requestId: null,
    });
  }
}
