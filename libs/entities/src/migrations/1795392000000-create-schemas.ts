import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One schema per owner: policies, money, tenants as a service. */
export class CreateSchemas1795392000000 implements MigrationInterface {
  name = 'CreateSchemas1795392000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE SCHEMA IF NOT EXISTS governance');
    await queryRunner.query('CREATE SCHEMA IF NOT EXISTS ledger');
    await queryRunner.query('CREATE SCHEMA IF NOT EXISTS saas');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP SCHEMA saas');
    await queryRunner.query('DROP SCHEMA ledger');
    await queryRunner.query('DROP SCHEMA governance');
  }
}
