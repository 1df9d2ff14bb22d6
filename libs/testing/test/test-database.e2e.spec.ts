import { afterAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { createTestDatabase, type TestDatabase } from '../src/index.js';

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}

describe('test database', () => {
  const databases: TestDatabase[] = [];
  afterAll(async () => {
    await Promise.all(databases.map((database) => database.drop()));
  });

  it('is migrated, and separate from its siblings', async () => {
    databases.push(...(await Promise.all([createTestDatabase(), createTestDatabase()])));
    const [first, second] = databases;
    if (first === undefined || second === undefined) throw new Error('two databases were expected');

    await query(first.url, 'CREATE TABLE only_here (id int)');
    const tables = async (url: string): Promise<unknown[]> =>
      (await query(url, `SELECT table_schema || '.' || table_name AS name FROM information_schema.tables`)).map(
        (row) => row['name'],
      );

    expect(await tables(first.url)).toContain('public.only_here');
    expect(await tables(second.url)).not.toContain('public.only_here');
    expect(await tables(second.url)).toContain('governance.virtual_keys');
  });
});
