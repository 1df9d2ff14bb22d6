import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { PostgresServer, Reaper, waitUntil } from '../src/index.js';

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}

describe('PostgresServer', () => {
  const reaper = new Reaper();
  let folder = '';
  const dataDir = (): string => path.join(folder, 'postgres');
  const start = (): Promise<PostgresServer> =>
    PostgresServer.start({ dataDir: dataDir(), password: 'p@ss/word', reaper });

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'penstock-servers-'));
    chmodSync(folder, 0o755);
    reaper.removeAfterwards(folder);
  });
  afterEach(async () => {
    await reaper.close();
    if (existsSync(folder)) throw new Error(`${folder} was left behind`);
  });

  it('keeps its data and its password over a restart', async () => {
    const first = await start();
    await first.ensureDatabase('penstock');
    await first.ensureDatabase('penstock');
    await query(first.url('penstock'), 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const second = await start();
    expect(await query(second.url('penstock'), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await expect(query(second.url().replace('word', 'wrong'), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await second.stop();
  });

  it('recovers from kill -9, also when the pid file names another program now', async () => {
    const first = await start();
    await query(first.url(), 'CREATE TABLE kept AS SELECT 42 AS answer');
    first.process.kill('SIGKILL');
    await first.process.exited;
    const pidFile = path.join(dataDir(), 'postmaster.pid');
    const lines = readFileSync(pidFile, 'utf8').split('\n');
    writeFileSync(pidFile, [String(process.pid), ...lines.slice(1)].join('\n'));
    const second = await waitUntil(start, { what: 'the server after its crash', timeoutMs: 20_000 });
    expect(await query(second.url(), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await second.stop();
  });

  it('stops the server that an earlier run left behind', async () => {
    const orphan = await start();
    const heir = await start();
    await orphan.process.exited;
    expect(await query(heir.url(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await heir.stop();
  });

  it.each([
    [
      'is not a data folder',
      () => writeFileSync(path.join(dataDir(), 'notes.txt'), 'mine'),
      /is not a PostgreSQL data folder: move it away/,
    ],
    [
      'is of another version',
      () => writeFileSync(path.join(dataDir(), 'PG_VERSION'), '15\n'),
      /written by PostgreSQL 15 and this is 18: move it away/,
    ],
  ])('says what to do about a folder that %s', async (_name, spoil, sentence) => {
    mkdirSync(dataDir());
    spoil();
    await expect(start()).rejects.toThrow(sentence);
  });

  it('says what to do about a damaged folder', async () => {
    const server = await start();
    await server.stop();
    rmSync(path.join(dataDir(), 'global', 'pg_control'));
    await expect(start()).rejects.toThrow(
      /^PostgreSQL cannot use its data folder .*: move it away to start with an empty database/,
    );
  });
});
