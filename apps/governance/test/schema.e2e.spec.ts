import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@penstock/testing';
import type { DataSource } from 'typeorm';

import { createDataSource, migrations, runMigrations } from '@penstock/entities';

describe('schema', () => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await createDataSource({ url: database.url, applicationName: 'schema-test' }).initialize();
  });

  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('is exactly what the entities describe', async () => {
    const difference = await dataSource.driver.createSchemaBuilder().log();

    expect(difference.upQueries.map((query) => query.query)).toEqual([]);
  });

  it('has migrations whose timestamps strictly increase', () => {
    const timestamps = migrations.map((migration) => Number(/\d{13}$/.exec(migration.name)?.[0]));

    expect(timestamps).toEqual([...new Set(timestamps)].toSorted((left, right) => left - right));
  });

  it('is left alone by a second run, also when several start at once', async () => {
    const runs = await Promise.all([runMigrations(database.url), runMigrations(database.url)]);

    expect(runs).toEqual([[], []]);
  });

  it('can be taken back to nothing and built again', async () => {
    for (const _ of migrations) await dataSource.undoLastMigration();
    const left: unknown[] = await dataSource.query(
      `SELECT schema_name FROM information_schema.schemata WHERE schema_name IN ('governance', 'ledger', 'saas')`,
    );
    expect(left).toEqual([]);

    expect(await runMigrations(database.url)).toHaveLength(migrations.length);
  });
});
