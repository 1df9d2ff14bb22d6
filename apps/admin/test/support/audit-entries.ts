import { uuidv7 } from '@penstock/domain';
import { AuditEntryEntity, auditHash, type ChainEnd, EMPTY_CHAIN } from '@penstock/entities';

import type { AdminApp, Json } from './admin-app.js';

/** Appends entries to the chain of a tenant, one a millisecond; many at once, as `appendAudit` would one by one. */
export async function appendEntries(
  admin: AdminApp,
  tenantId: string,
  count: number,
  fields: Json = {},
): Promise<void> {
  const rows = admin.db.getRepository(AuditEntryEntity);
  let end: ChainEnd = (await rows.findOne({ where: { tenantId }, order: { position: 'DESC' } })) ?? EMPTY_CHAIN;
  const links = Array.from({ length: count }, (_, index) => {
    admin.clock.advance(1);
    const facts = {
      id: uuidv7(admin.clock.now()),
      tenantId,
      position: String(BigInt(end.position) + 1n),
      prevHash: end.hash,
      occurredAt: new Date(admin.clock.now()),
      actorType: 'operator',
      actorId: 'master-key',
      action: 'thing.changed',
      entityType: 'thing',
      entityId: String(index),
      before: null,
      after: { index },
      ip: '10.0.0.1',
      userAgent: 'test',
      requestId: `req-${index}`,
      ...fields,
    };
    end = { ...facts, hash: auditHash(facts) };
    return end;
  });
  for (let index = 0; index < count; index += 500) await rows.insert(links.slice(index, index + 500));
}

/** Changes what the trigger keeps from being changed, as somebody could who owns the table. */
export async function tamper(admin: AdminApp, sql: string, parameters: unknown[]): Promise<void> {
  await admin.db.query('ALTER TABLE governance.audit_entries DISABLE TRIGGER tr_audit_entries_append_only');
  await admin.db.query(sql, parameters);
  await admin.db.query('ALTER TABLE governance.audit_entries ENABLE TRIGGER tr_audit_entries_append_only');
}
