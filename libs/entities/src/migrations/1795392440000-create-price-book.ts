import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  `CREATE TABLE saas.price_book_entries (
    id uuid CONSTRAINT pk_price_book_entries PRIMARY KEY,
    seq bigserial CONSTRAINT uq_price_book_entries_seq UNIQUE,
    tenant_id uuid NOT NULL,
    organization_id text NOT NULL,
    kind text NOT NULL,
    provider text,
    model text,
    version integer NOT NULL,
    percent numeric(5, 2),
    is_free boolean NOT NULL,
    input_usd_per_mtok numeric(15, 6),
    cache_read_usd_per_mtok numeric(15, 6),
    cache_write_usd_per_mtok numeric(15, 6),
    output_usd_per_mtok numeric(15, 6),
    request_usd numeric(15, 9),
    effective_from timestamptz(3) NOT NULL,
    effective_until timestamptz(3),
    reason text,
    created_at timestamptz(3) NOT NULL,
    created_by text NOT NULL,
    ended_at timestamptz(3),
    ended_by text,
    CONSTRAINT uq_price_book_entries_slot_version
      UNIQUE NULLS NOT DISTINCT (tenant_id, kind, provider, model, version),
    CONSTRAINT ck_price_book_entries_kind CHECK (kind IN ('override', 'markup', 'discount')),
    CONSTRAINT ck_price_book_entries_version CHECK (version > 0),
    CONSTRAINT ck_price_book_entries_period CHECK (effective_until > effective_from),
    CONSTRAINT ck_price_book_entries_end CHECK (num_nonnulls(ended_at, ended_by) IN (0, 2)),
    CONSTRAINT ck_price_book_entries_percent CHECK (
      (kind = 'override') = (percent IS NULL) AND percent >= 0 AND (kind <> 'discount' OR percent <= 100)),
    CONSTRAINT ck_price_book_entries_price CHECK (
      CASE WHEN kind <> 'override' OR is_free
        THEN num_nonnulls(input_usd_per_mtok, cache_read_usd_per_mtok, cache_write_usd_per_mtok, output_usd_per_mtok,
          request_usd) = 0
      WHEN num_nonnulls(input_usd_per_mtok, output_usd_per_mtok) = 2 THEN true
      ELSE request_usd IS NOT NULL AND num_nonnulls(input_usd_per_mtok, cache_read_usd_per_mtok,
        cache_write_usd_per_mtok, output_usd_per_mtok) = 0 END
      AND (kind = 'override' OR NOT is_free)),
    CONSTRAINT ck_price_book_entries_amounts CHECK (
      input_usd_per_mtok >= 0 AND cache_read_usd_per_mtok >= 0 AND cache_write_usd_per_mtok >= 0
      AND output_usd_per_mtok >= 0 AND request_usd >= 0)
  )`,
  'CREATE INDEX ix_price_book_entries_tenant_id ON saas.price_book_entries (tenant_id, seq)',
  // The ledger names these rows: they are never changed or removed, and ended at most once.
  `CREATE FUNCTION saas.guard_price_book() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL
          AND (to_jsonb(NEW) - 'ended_at' - 'ended_by') = (to_jsonb(OLD) - 'ended_at' - 'ended_by') THEN
        RETURN NEW;
      END IF;
      RAISE EXCEPTION 'saas.price_book_entries is append-only' USING ERRCODE = 'restrict_violation';
    END $$`,
  `CREATE TRIGGER tr_price_book_entries_append_only BEFORE UPDATE OR DELETE ON saas.price_book_entries
    FOR EACH ROW EXECUTE FUNCTION saas.guard_price_book()`,
  `CREATE TRIGGER tr_price_book_entries_no_truncate BEFORE TRUNCATE ON saas.price_book_entries
    FOR EACH STATEMENT EXECUTE FUNCTION saas.guard_price_book()`,
];

const DOWN = ['DROP TABLE saas.price_book_entries', 'DROP FUNCTION saas.guard_price_book()'];

/** Price books of organizations: what clients pay, in versions. */
export class CreatePriceBook1795392440000 implements MigrationInterface {
  name = 'CreatePriceBook1795392440000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}
