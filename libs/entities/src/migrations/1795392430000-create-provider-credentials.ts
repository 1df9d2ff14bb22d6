import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  `CREATE TABLE saas.provider_credentials (
    credential_id uuid CONSTRAINT pk_provider_credentials PRIMARY KEY,
    organization_id text NOT NULL CONSTRAINT fk_provider_credentials_organization_id
      REFERENCES saas.organizations (organization_id) ON DELETE CASCADE,
    provider text NOT NULL,
    credential_name text NOT NULL,
    api_base text,
    key_ciphertext bytea NOT NULL,
    key_version smallint NOT NULL,
    key_hint text,
    is_active boolean NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    created_by text NOT NULL,
    updated_by text NOT NULL,
    CONSTRAINT ck_provider_credentials_provider CHECK (provider = lower(provider) AND provider <> '')
  )`,
  `CREATE UNIQUE INDEX uq_provider_credentials_active ON saas.provider_credentials (organization_id, provider)
    WHERE is_active`,
  `CREATE INDEX ix_provider_credentials_organization_id
    ON saas.provider_credentials (organization_id, created_at, credential_id)`,
  'CREATE INDEX ix_provider_credentials_created_at ON saas.provider_credentials (created_at, credential_id)',
];

/** Keys of providers that organizations bring themselves. */
export class CreateProviderCredentials1795392430000 implements MigrationInterface {
  name = 'CreateProviderCredentials1795392430000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE saas.provider_credentials');
  }
}
