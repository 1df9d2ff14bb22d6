import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Schema `saas`: tenants as the admin API knows them. */
export class CreateSaas1795392200000 implements MigrationInterface {
  name = 'CreateSaas1795392200000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE saas.organizations (
        organization_id text NOT NULL,
        customer_id uuid NOT NULL,
        name text NOT NULL,
        status text NOT NULL,
        metadata jsonb NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        CONSTRAINT pk_organizations PRIMARY KEY (organization_id),
        CONSTRAINT uq_organizations_customer_id UNIQUE (customer_id),
        CONSTRAINT fk_organizations_customer_id FOREIGN KEY (customer_id) REFERENCES governance.customers (id),
        CONSTRAINT ck_organizations_status CHECK (status IN ('active', 'suspended'))
      )
    `);
    await queryRunner.query(
      'CREATE INDEX ix_organizations_created_at ON saas.organizations (created_at, organization_id)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE saas.organizations');
  }
}
