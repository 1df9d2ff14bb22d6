import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDataSource } from '@penstock/entities';
import { createTestDatabase, type TestDatabase } from '@penstock/testing';
import type { DataSource } from 'typeorm';

import { auditPageSql, type AuditFilter } from '../src/audit/audit-entries.repository.js';

const ROWS = 200_000;
const TENANT = '01890000-0000-7000-8000-00000000aaaa';

describe('an audit trail of 200,000 entries', () => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await createDataSource({
      url: database.url,
      applicationName: 'audit-plans-test',
      statementTimeoutMs: 0,
    }).initialize();
    await dataSource.query(
      `INSERT INTO governance.audit_entries
       SELECT gen_random_uuid(), CASE WHEN n % 100 = 0 THEN $1::uuid ELSE md5('t' || n % 50)::uuid END, n,
         '2026-01-01'::timestamptz + n * interval '1 second', CASE WHEN n % 1000 = 0 THEN 'team' ELSE 'operator' END,
         'actor-' || n % 500, CASE WHEN n % 400 = 0 THEN 'rare.thing' ELSE 'kind' || n % 20 || '.changed' END,
         'type-' || n % 300, 'entity-' || n % 5000, NULL, '{}', '10.0.0.1', 'x', 'request-' || n, '', ''
       FROM generate_series(1, ${ROWS}) n`,
      [TENANT],
    );
    await dataSource.query('ANALYZE governance.audit_entries');
  }, 180_000);
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const from = new Date('2026-01-02T00:00:00Z');
  const place = { occurredAt: from, id: TENANT };

  it.each<[string, AuditFilter]>([
    ['nothing', {}],
    ['the tenant', { tenantId: TENANT }],
    ['who acted', { actorId: 'actor-7' }],
    ['what acted', { actorType: 'team' }],
    ['the action', { action: 'rare.thing' }],
    ['a prefix of the action', { action: 'rare.*' }],
    ['the kind of resource', { entityType: 'type-9' }],
    ['the resource', { entityId: 'entity-77' }],
    ['the request', { requestId: 'request-4711' }],
    ['the time', { from, to: new Date('2026-01-02T01:00:00Z') }],
    ['tenant, action and time', { tenantId: TENANT, action: 'kind3.*', from }],
  ])('is searched by %s with an index, on the first page and on later ones', async (_what, filter) => {
    for (const after of [null, place]) {
      const { sql, parameters } = auditPageSql(filter, after, 101, 0);
      const [plan] = await dataSource.query(`EXPLAIN (FORMAT JSON) ${sql}`, parameters);
      const text = JSON.stringify(plan['QUERY PLAN']);

      expect(text).toContain('"Index Name":"ix_audit_entries_');
      expect(text).not.toMatch(/"Node Type":"Seq Scan"[^{}]*"Relation Name":"audit_entries"/);
    }
  });
});
