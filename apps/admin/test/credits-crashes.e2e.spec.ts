import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createDataSource, CreditAccountEntity, CreditTransferEntity } from '@penstock/entities';
import {
  adminClient,
  LedgerReader,
  type RawAnswer,
  type Stack,
  startStack,
  TestClock,
  waitFor,
} from '@penstock/testing';
import { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';

import type { AdminApp } from './support/admin-app.js';
import { expectBalancedBooks, insertTeamWithCredits } from './support/credits.js';

/** Starting and killing processes takes long where other work shares the machine. */
const TIMEOUT_MS = 180_000;
const DAY_MS = 86_400_000;
/** A transaction that writes all of these, one after another, is stopped before each. */
const WRITTEN_TO = [
  'ledger.credit_transfers',
  'governance.tenants',
  'governance.outbox_messages',
  'governance.audit_entries',
];

let stack: Stack;
let db: DataSource;
let ledger: LedgerReader;
let redis: Redis;
let next = 0;

beforeAll(async () => {
  stack = await startStack({
    gateways: 0,
    workers: 1,
    governance: false,
    simulator: false,
    env: { PENSTOCK_CREDIT_UPKEEP_INTERVAL_MS: '200' },
  });
  db = await createDataSource({ url: stack.databaseUrl, applicationName: 'crashes-test' }).initialize();
  ledger = new LedgerReader(stack.databaseUrl);
  redis = new Redis(stack.redisUrl);
}, TIMEOUT_MS);
afterEach(() => expectBalancedBooks({ db }));
afterAll(async () => {
  redis.disconnect();
  await ledger.close();
  await db.destroy();
  await stack.stop();
}, TIMEOUT_MS);

async function newTeam(): Promise<string> {
  const { request } = adminClient(stack);
  const call: AdminApp['call'] = async (method, path, body) => {
    const { status, body: answer } = await request(method, path.replace(/^\/api/, ''), body);
    return { status, body: answer, headers: {} };
  };
  const hashOf = (value: string): string => value;
  const team = await insertTeamWithCredits({ call, db, clock: new TestClock(), hashOf }, `crashing-${(next += 1)}`, 5);
  return team.teamId;
}

const add = (teamId: string): Promise<RawAnswer> =>
  adminClient(stack).request('POST', `/credits/teams/${teamId}/add`, { credits: 10, idempotency_key: 'once' });

const account = (teamId: string): Promise<CreditAccountEntity> =>
  db.manager.findOneByOrFail(CreditAccountEntity, { teamId });

async function countOf(teamId: string, type: CreditTransferEntity['type']): Promise<number> {
  return db.manager.countBy(CreditTransferEntity, { accountId: (await account(teamId)).id, type });
}

/** Kills a process while its transaction waits before it writes to a table, and lets it be gone. */
async function killBefore(table: string, process: Stack['admin'], begin: () => void): Promise<void> {
  const release = await ledger.holdUp(table);
  try {
    begin();
    await waitFor(async () => (await ledger.waitingForLock()) > 0, { what: `a transaction to wait for ${table}` });
    await process.kill();
  } finally {
    await release();
  }
  await waitFor(async () => (await ledger.waitingForLock()) === 0, { what: 'the transaction to be gone' });
}

describe('kill -9 of the admin service while it adds credits', () => {
  it.each(WRITTEN_TO)(
    'before it writes to %s leaves nothing; the same request books once afterwards',
    async (table) => {
      const teamId = await newTeam();
      let outcome = Promise.resolve('');
      await killBefore(table, stack.admin, () => {
        outcome = add(teamId).then(
          () => 'answered',
          () => 'lost',
        );
      });
      expect(await outcome).toBe('lost');
      expect(await account(teamId)).toMatchObject({ allocatedCredits: 5n });
      expect(await countOf(teamId, 'allocation')).toBe(1);

      stack.admin.launch();
      await stack.admin.waitUntilHealthy();
      for (let time = 0; time < 2; time += 1) expect((await add(teamId)).status).toBe(200);
      expect(await account(teamId)).toMatchObject({ allocatedCredits: 15n });
      expect(await countOf(teamId, 'allocation')).toBe(2);
    },
    TIMEOUT_MS,
  );

  it(
    'after the commit, before the answer, has booked; the same request is answered with that',
    async () => {
      const teamId = await newTeam();
      // Only telling the gateways is left to do, and Redis does not let it.
      await redis.client('PAUSE', TIMEOUT_MS, 'WRITE');
      const lost = add(teamId).catch((error: unknown) => error);
      await waitFor(async () => (await countOf(teamId, 'allocation')) === 2, { what: 'the commit' });
      await stack.admin.kill();
      await lost;
      await redis.client('UNPAUSE');
      stack.admin.launch();
      await stack.admin.waitUntilHealthy();
      expect((await add(teamId)).body).toMatchObject({ transaction: { credits_before: 5, credits_after: 15 } });
      expect(await account(teamId)).toMatchObject({ allocatedCredits: 15n });
    },
    TIMEOUT_MS,
  );
});

describe('kill -9 of the worker while it refills', () => {
  it.each(WRITTEN_TO)(
    'before it writes to %s leaves nothing; another worker refills once',
    async (table) => {
      const teamId = await newTeam();
      const anchor = new Date(Date.now() - 1.5 * DAY_MS);
      const [worker] = stack.workers;
      const due = { autoRefill: true, refillCredits: 7n, refillPeriod: 'daily', refillAnchorAt: anchor } as const;
      await killBefore(table, worker!, () => {
        void db.manager.update(CreditAccountEntity, { teamId }, { ...due, nextRefillAt: new Date(+anchor + DAY_MS) });
      });
      expect(await account(teamId)).toMatchObject({ allocatedCredits: 5n, lastRefillAt: null });
      expect(await countOf(teamId, 'refill')).toBe(0);

      worker!.launch();
      await worker!.waitUntilHealthy();
      await waitFor(async () => (await countOf(teamId, 'refill')) === 1, { what: 'the refill', timeoutMs: 60_000 });
      const { allocatedCredits, lastRefillAt, nextRefillAt } = await account(teamId);
      expect([allocatedCredits, nextRefillAt]).toEqual([12n, new Date(+anchor + 2 * DAY_MS)]);
      expect(lastRefillAt).not.toBeNull();
    },
    TIMEOUT_MS,
  );
});
