import type { EntityManager } from 'typeorm';

import { AUDIT_CHAIN_START, auditHash } from './audit-chain.js';
import type { AuditFacts } from './audit-chain.js';
import { AuditEntryEntity } from './audit-entry.entity.js';
import { OutboxMessageEntity } from './outbox-message.entity.js';

/** An audit entry before it has its place in the chain. */
export type NewAuditEntry = Omit<AuditFacts, 'position' | 'prevHash'>;

/**
 * Raises the policy epoch of a tenant, creating it at 1. Locks the tenant until the transaction ends, which
 * gives concurrent changes of one tenant an order; call it for several tenants in ascending order of id.
 */
export async function raiseTenantEpoch(tx: EntityManager, tenantId: string): Promise<number> {
  const rows: { epoch: string }[] = await tx.query(
    `INSERT INTO governance.tenants AS t (id, epoch) VALUES ($1, 1)
     ON CONFLICT (id) DO UPDATE SET epoch = t.epoch + 1
     RETURNING epoch`,
    [tenantId],
  );
  const epoch = Number(rows[0]?.epoch);
  if (!Number.isSafeInteger(epoch)) throw new Error(`Tenant ${tenantId} has no usable epoch.`);
  return epoch;
}

/** Raises the policy epoch of every tenant, for changes that concern them all. */
export async function raiseEveryTenantEpoch(tx: EntityManager): Promise<Map<string, number>> {
  // Locked in the order in which changes of several tenants lock them.
  await tx.query('SELECT FROM governance.tenants ORDER BY id FOR UPDATE');
  const [rows]: [{ id: string; epoch: string }[], number] = await tx.query(
    'UPDATE governance.tenants SET epoch = epoch + 1 RETURNING id, epoch',
  );
  return new Map(rows.map(({ id, epoch }) => [id, Number(epoch)]));
}

/** Appends to the tenant's audit chain. Appends of one tenant wait for each other until their transactions end. */
export async function appendAudit(tx: EntityManager, entry: NewAuditEntry): Promise<AuditEntryEntity> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('penstock.audit.' || $1, 0))`, [entry.tenantId]);
  const last: { position: string; hash: string }[] = await tx.query(
    'SELECT position, hash FROM governance.audit_entries WHERE tenant_id = $1 ORDER BY position DESC LIMIT 1',
    [entry.tenantId],
  );
  const facts: AuditFacts = {
    ...entry,
    position: String(BigInt(last[0]?.position ?? 0) + 1n),
    prevHash: last[0]?.hash ?? AUDIT_CHAIN_START,
  };
  const row = { ...facts, hash: auditHash(facts) };
  await tx.getRepository(AuditEntryEntity).insert(row as never);
  return Object.assign(new AuditEntryEntity(), row);
}

/** Appends messages for other processes; the caller delivers them after the commit, or the worker's relay does. */
export async function appendOutbox(
  tx: EntityManager,
  messages: readonly Pick<OutboxMessageEntity, 'id' | 'type' | 'tenantId' | 'payload' | 'createdAt'>[],
): Promise<void> {
  if (messages.length === 0) return;
  await tx.query(
    `INSERT INTO governance.outbox_messages (id, type, tenant_id, payload, created_at)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::jsonb[], $5::timestamptz[])`,
    [
      messages.map(({ id }) => id),
      messages.map(({ type }) => type),
      messages.map(({ tenantId }) => tenantId),
      messages.map(({ payload }) => JSON.stringify(payload)),
      messages.map(({ createdAt }) => createdAt),
    ],
  );
}
