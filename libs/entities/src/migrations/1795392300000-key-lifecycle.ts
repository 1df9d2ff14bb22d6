import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  `ALTER TABLE governance.virtual_keys
    ADD COLUMN expires_at timestamptz(3),
    ADD COLUMN allowed_ips text[],
    ADD COLUMN tags text[]`,
  `CREATE TABLE governance.virtual_key_secrets (
    id uuid CONSTRAINT pk_virtual_key_secrets PRIMARY KEY,
    virtual_key_id uuid NOT NULL CONSTRAINT fk_virtual_key_secrets_virtual_key_id
      REFERENCES governance.virtual_keys (id) ON DELETE CASCADE,
    key_hash text NOT NULL CONSTRAINT uq_virtual_key_secrets_key_hash UNIQUE,
    value_ciphertext bytea NOT NULL,
    value_key_version smallint NOT NULL,
    value_prefix text,
    value_hint text NOT NULL,
    created_at timestamptz(3) NOT NULL,
    expires_at timestamptz(3)
  )`,
  `CREATE UNIQUE INDEX uq_virtual_key_secrets_current ON governance.virtual_key_secrets (virtual_key_id)
    WHERE expires_at IS NULL`,
  'CREATE INDEX ix_virtual_key_secrets_virtual_key_id ON governance.virtual_key_secrets (virtual_key_id)',
  // A value is sealed under the id of the row that held it: it opens only where that id stays with it.
  `INSERT INTO governance.virtual_key_secrets
    (id, virtual_key_id, key_hash, value_ciphertext, value_key_version, value_hint, created_at)
    SELECT id, id, key_hash, value_ciphertext, value_key_version, value_hint, created_at FROM governance.virtual_keys`,
  `ALTER TABLE governance.virtual_keys
    DROP COLUMN key_hash, DROP COLUMN value_ciphertext, DROP COLUMN value_key_version, DROP COLUMN value_hint`,
  `CREATE TABLE ledger.secret_uses (
    secret_id uuid CONSTRAINT pk_secret_uses PRIMARY KEY,
    last_used_at timestamptz NOT NULL
  ) WITH (fillfactor = 50)`,
];

const DOWN = [
  'DROP TABLE ledger.secret_uses',
  `ALTER TABLE governance.virtual_keys
    ADD COLUMN key_hash text,
    ADD COLUMN value_ciphertext bytea,
    ADD COLUMN value_key_version smallint,
    ADD COLUMN value_hint text`,
  // A value of a rotation is sealed under an id of its own and would not open as the key's.
  `UPDATE governance.virtual_keys k SET key_hash = s.key_hash, value_ciphertext = s.value_ciphertext,
      value_key_version = s.value_key_version, value_hint = s.value_hint
    FROM governance.virtual_key_secrets s WHERE s.virtual_key_id = k.id AND s.expires_at IS NULL AND s.id = k.id`,
  `ALTER TABLE governance.virtual_keys
    ALTER COLUMN key_hash SET NOT NULL,
    ALTER COLUMN value_ciphertext SET NOT NULL,
    ALTER COLUMN value_key_version SET NOT NULL,
    ALTER COLUMN value_hint SET NOT NULL,
    ADD CONSTRAINT uq_virtual_keys_key_hash UNIQUE (key_hash)`,
  'DROP TABLE governance.virtual_key_secrets',
  'ALTER TABLE governance.virtual_keys DROP COLUMN tags, DROP COLUMN allowed_ips, DROP COLUMN expires_at',
];

/**
 * Several values for one key, and what a key may be tied to: time, addresses, tags.
 *
 * The values move out of `virtual_keys`: a governance of the release before cannot read them any more and answers 500
 * until it is replaced. Gateways go on with the snapshots they have. Going back fails, and changes nothing, once a key
 * has been rotated.
 */
export class KeyLifecycle1795392300000 implements MigrationInterface {
  name = 'KeyLifecycle1795392300000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}
