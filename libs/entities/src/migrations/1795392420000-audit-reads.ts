import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // What happened is told by further entries, never by changing what is written.
  `CREATE FUNCTION governance.refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'governance.audit_entries is append-only' USING ERRCODE = 'restrict_violation';
    END $$`,
  `CREATE TRIGGER tr_audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON governance.audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_audit_change()`,
  // Each filter of the audit API, in the order in which it answers.
  'DROP INDEX governance.ix_audit_entries_occurred_at',
  'CREATE INDEX ix_audit_entries_occurred_at ON governance.audit_entries (occurred_at, id)',
  'CREATE INDEX ix_audit_entries_tenant_id ON governance.audit_entries (tenant_id, occurred_at, id)',
  'CREATE INDEX ix_audit_entries_actor_id ON governance.audit_entries (actor_id, occurred_at, id)',
  'CREATE INDEX ix_audit_entries_actor_type ON governance.audit_entries (actor_type, occurred_at, id)',
  // Also for prefixes, whatever the collation of the database.
  'CREATE INDEX ix_audit_entries_action ON governance.audit_entries (action text_pattern_ops, occurred_at, id)',
  'CREATE INDEX ix_audit_entries_entity_type ON governance.audit_entries (entity_type, occurred_at, id)',
  'DROP INDEX governance.ix_audit_entries_entity',
  'CREATE INDEX ix_audit_entries_entity_id ON governance.audit_entries (entity_id, occurred_at, id)',
  'CREATE INDEX ix_audit_entries_request_id ON governance.audit_entries (request_id)',
];

const DOWN = [
  'DROP INDEX governance.ix_audit_entries_request_id',
  'DROP INDEX governance.ix_audit_entries_entity_id',
  'CREATE INDEX ix_audit_entries_entity ON governance.audit_entries (entity_type, entity_id)',
  'DROP INDEX governance.ix_audit_entries_entity_type',
  'DROP INDEX governance.ix_audit_entries_action',
  'DROP INDEX governance.ix_audit_entries_actor_type',
  'DROP INDEX governance.ix_audit_entries_actor_id',
  'DROP INDEX governance.ix_audit_entries_tenant_id',
  'DROP INDEX governance.ix_audit_entries_occurred_at',
  'CREATE INDEX ix_audit_entries_occurred_at ON governance.audit_entries (occurred_at)',
  'DROP TRIGGER tr_audit_entries_append_only ON governance.audit_entries',
  'DROP FUNCTION governance.refuse_audit_change()',
];

/** The audit trail is append-only in the database too, and has an index for every question that the API takes. */
export class AuditReads1795392420000 implements MigrationInterface {
  name = 'AuditReads1795392420000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}
