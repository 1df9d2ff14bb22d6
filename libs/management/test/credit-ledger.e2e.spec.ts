import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { uuidv7 } from '@penstock/domain';
import {
  AlertEntity,
  createDataSource,
  CreditAccountEntity,
  CreditBurnEntity,
  CreditGrantEntity,
  CreditTransferEntity,
} from '@penstock/entities';
import { createTestDatabase, type TestDatabase } from '@penstock/testing';
import type { DataSource } from 'typeorm';

import { checkCredits, CreditLedger, type PostedUsage, type PostingRequest } from '../src/credits/index.js';

let database: TestDatabase;
let db: DataSource;
const ledger = new CreditLedger();
const NOW = new Date('2026-11-26T09:00:00.000Z');
const CONTEXT = { actor: { kind: 'system', id: 'test' }, requestId: null, now: NOW };

beforeAll(async () => {
  database = await createTestDatabase();
  db = await createDataSource({ url: database.url, applicationName: 'test', poolMax: 10 }).initialize();
});

afterAll(async () => {
  await db.destroy();
  await database.drop();
});

function request(change: Partial<PostingRequest> = {}): PostingRequest {
  return { ...CONTEXT, type: 'allocation', credits: 100n, direction: 'in', idempotencyKey: uuidv7(), ...change };
}

async function openAccount(credits = 0n, overdraftCredits = 0n): Promise<CreditAccountEntity> {
  const id = uuidv7();
  const account = await db.transaction((tx) =>
    ledger.openAccount(tx, {
      tenantId: id,
      governanceTeamId: id,
      teamId: `team-${id}`,
      organizationId: 'organization',
      budgetMode: 'job_based',
      creditsPerDollar: '10.00',
      tokensPerCredit: 10_000n,
      overdraftCredits,
      now: NOW,
    }),
  );
  if (credits > 0n) await post(account.id, { credits, idempotencyKey: 'opening' });
  return account;
}

/** What a job is charged: its hold, as the completion of the job leaves it, and the deduction. */
async function charge(accountId: string, credits: bigint): Promise<CreditTransferEntity> {
  const jobId = uuidv7();
  await db.query(
    `INSERT INTO ledger.credit_holds (id, account_id, tenant_id, purpose, initial_micro_credits, state,
       charged_credits, created_at, closed_at)
     SELECT $1, id, tenant_id, 'job', 0, 'closed', $3, now(), now() FROM ledger.credit_accounts WHERE id = $2`,
    [jobId, accountId, credits.toString()],
  );
  return post(accountId, { type: 'deduction', direction: 'out', credits, jobId });
}

/** Posts in a transaction of its own, as every use case does. */
function post(accountId: string, change: Partial<PostingRequest> = {}): Promise<CreditTransferEntity> {
  return db.transaction(async (tx) => {
    const account = await ledger.lockAccount(tx, accountId);
    return ledger.post(tx, account!, request(change));
  });
}

async function balance(accountId: string): Promise<bigint> {
  const { allocatedCredits, usedCredits } = await db.manager.findOneByOrFail(CreditAccountEntity, { id: accountId });
  return allocatedCredits - usedCredits;
}

/** In the order in which they came in. */
const grantsOf = (accountId: string): Promise<CreditGrantEntity[]> =>
  db
    .createQueryBuilder(CreditGrantEntity, 'g')
    .innerJoin(CreditTransferEntity, 't', 't.id = g.transferId')
    .where('g.accountId = :accountId', { accountId })
    .orderBy('t.seq')
    .getMany();

/** The calls that a posting of usage stands for, as the worker records them. */
async function noteCalls(posted: readonly PostedUsage[]): Promise<void> {
  await db.query(
    `INSERT INTO ledger.usage_events (id, started_at, settled_at, request_id, tenant_id, virtual_key_id, provider,
         model_requested, model_sent, input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
         output_tokens, reasoning_tokens, input_audio_tokens, output_audio_tokens, input_image_tokens, tool_units,
         tokens, cost_nano_usd, is_estimated, is_stream, is_counter_pending, outcome, latency_ms, counters,
         charged_input_tokens, charged_output_tokens, credits, credit_transfer_id)
       SELECT gen_random_uuid(), now(), now(), 'r', gen_random_uuid(), gen_random_uuid(), 'openai', 'm', 'm',
         0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, false, false, false, 'completed', 1, '{}', 0, 0, t.credits, t.id
       FROM ledger.credit_transfers t WHERE t.id = ANY($1)`,
    [posted.map(({ transferId }) => transferId)],
  );
  await db.query(
    `INSERT INTO ledger.limit_windows (counter_id, limit_key, generation, window_start_at, used, updated_at)
     SELECT 'k' || ledger.base36(a.seq) || '.0.0', 'k' || ledger.base36(a.seq), 0, to_timestamp(0), sum(t.credits), now()
     FROM ledger.credit_transfers t JOIN ledger.credit_accounts a ON a.id = t.account_id WHERE t.id = ANY($1)
     GROUP BY a.seq`,
    [posted.map(({ transferId }) => transferId)],
  );
}

describe('an account', () => {
  it('is opened empty, with a number of its own, and is found by its team until it is closed', async () => {
    const account = await openAccount();
    expect(account).toMatchObject({ allocatedCredits: 0n, usedCredits: 0n, seq: expect.stringMatching(/^\d+$/) });
    await db.transaction(async (tx) => {
      const found = await ledger.lockOpenAccountOfTeam(tx, account.teamId!);
      expect(found?.id).toBe(account.id);
      await ledger.closeAccount(tx, found!, CONTEXT);
      expect(await ledger.lockOpenAccountOfTeam(tx, account.teamId!)).toBeNull();
    });
  });

  it('that is closed gives back what is left; a call that ends later is paid from what it gives back', async () => {
    const { id } = await openAccount(10n);
    await db.transaction(async (tx) => {
      const account = await ledger.lockAccount(tx, id);
      expect(await ledger.closeAccount(tx, account!, CONTEXT)).toMatchObject({ type: 'adjustment', credits: 10n });
    });
    expect(await balance(id)).toBe(0n);
    const posted = await db.transaction((tx) =>
      ledger.postUsage(tx, [{ accountId: id, credits: 3n, calls: 1 }], CONTEXT),
    );
    await noteCalls(posted);
    expect(posted).toMatchObject([{ balanceAfterCredits: 0n, isOverdrawn: false }]);
    expect(await balance(id)).toBe(0n);
  });
});

describe('a posting', () => {
  it('is one transfer of two entries, with the balance before and after', async () => {
    const { id } = await openAccount(40n);
    const transfer = await charge(id, 15n);
    expect(transfer).toMatchObject({ balanceBeforeCredits: 40n, balanceAfterCredits: 25n, credits: 15n });
    const entries: { credits: string }[] = await db.query(
      'SELECT credits FROM ledger.credit_entries WHERE transfer_id = $1 ORDER BY credits',
      [transfer.id],
    );
    expect(entries.map(({ credits }) => credits)).toEqual(['-15', '15']);
  });

  it('is the first one again under the same key, and refused for another request', async () => {
    const { id } = await openAccount();
    const first = await post(id, { credits: 5n, idempotencyKey: 'key' });
    expect((await post(id, { credits: 5n, idempotencyKey: 'key', actor: { kind: 'user', id: 'other' } })).id).toBe(
      first.id,
    );
    await expect(post(id, { credits: 6n, idempotencyKey: 'key' })).rejects.toMatchObject({
      code: 'idempotency_mismatch',
      status: 409,
    });
    expect(await balance(id)).toBe(5n);
    const other = await openAccount();
    expect((await post(other.id, { credits: 6n, idempotencyKey: 'key' })).id).not.toBe(first.id);
  });

  it('that takes back more than there is writes nothing, overdraft or not', async () => {
    const { id } = await openAccount(10n, 100n);
    await expect(post(id, { type: 'adjustment', direction: 'out', credits: 11n })).rejects.toMatchObject({
      code: 'credits_insufficient',
      detail: '11 credits cannot be taken: 10 are there.',
    });
    expect(await balance(id)).toBe(10n);
  });

  it('of a job is charged once, whatever the key', async () => {
    const { id } = await openAccount(10n);
    const jobId = (await charge(id, 1n)).jobId!;
    await expect(post(id, { type: 'deduction', direction: 'out', credits: 1n, jobId })).rejects.toThrow('unique');
    expect(await balance(id)).toBe(9n);
  });

  it('cannot be changed or deleted afterwards', async () => {
    const { id } = await post((await openAccount()).id);
    await expect(db.query('UPDATE ledger.credit_transfers SET credits = 1 WHERE id = $1', [id])).rejects.toThrow(
      'append-only',
    );
    await expect(db.query('DELETE FROM ledger.credit_entries')).rejects.toThrow('append-only');
  });
});

describe('grants', () => {
  it('are burned by priority, then expiry, then age; burns say from which', async () => {
    const { id } = await openAccount();
    const soon = new Date('2026-12-01T00:00:00.000Z');
    await post(id, { credits: 5n });
    await post(id, { credits: 5n, grant: { expiresAt: soon } });
    await post(id, { credits: 5n, grant: { priority: 1 } });
    const used = await charge(id, 12n);
    const grants = await grantsOf(id);
    expect(grants.map(({ burnedCredits }) => burnedCredits)).toEqual([2n, 5n, 5n]);
    const burns = await db.manager.findBy(CreditBurnEntity, { transferId: used.id });
    expect(new Map(burns.map(({ grantId, credits }) => [grantId, credits]))).toEqual(
      new Map(grants.map((grant) => [grant.id, grant.burnedCredits])),
    );
  });

  it('that come in while there is a debt pay it first', async () => {
    const { id } = await openAccount(10n, 20n);
    await charge(id, 25n);
    expect(await balance(id)).toBe(-15n);
    await post(id, { credits: 40n });
    expect(await balance(id)).toBe(25n);
    const [, second] = await grantsOf(id);
    expect(second).toMatchObject({ credits: 40n, burnedCredits: 15n });
  });

  it('can be taken back one by one', async () => {
    const { id } = await openAccount(10n);
    await post(id, { credits: 7n, grant: { priority: 1 } });
    const [first] = await grantsOf(id);
    await post(id, { type: 'expiry', direction: 'out', credits: 4n, fromGrantId: first!.id });
    const grants = await grantsOf(id);
    expect(grants.map(({ withdrawnCredits }) => withdrawnCredits)).toEqual([4n, 0n]);
    await expect(
      post(id, { type: 'expiry', direction: 'out', credits: 7n, fromGrantId: first!.id }),
    ).rejects.toMatchObject({ code: 'credits_insufficient' });
  });
});

describe('usage of calls without a job', () => {
  it('is one deduction per account, posted also below the overdraft, which is reported', async () => {
    const [one, two] = [await openAccount(10n), await openAccount(2n, 1n)];
    const posted = await db.transaction((tx) =>
      ledger.postUsage(
        tx,
        [
          { accountId: two.id, credits: 4n, calls: 1 },
          { accountId: one.id, credits: 2n, calls: 2 },
          { accountId: uuidv7(), credits: 2n, calls: 2 },
          { accountId: one.id, credits: 3n, calls: 1 },
          { accountId: one.id, credits: 0n, calls: 1 },
        ],
        CONTEXT,
      ),
    );
    expect(posted.toSorted((a, b) => Number(b.balanceAfterCredits - a.balanceAfterCredits))).toEqual([
      { accountId: one.id, transferId: expect.any(String), balanceAfterCredits: 5n, isOverdrawn: false },
      { accountId: two.id, transferId: expect.any(String), balanceAfterCredits: -2n, isOverdrawn: true },
    ]);
    await noteCalls(posted);
    const transfers = await db.manager.findBy(CreditTransferEntity, { accountId: one.id, type: 'deduction' });
    expect(transfers).toMatchObject([{ credits: 5n, calls: 3, idempotencyKey: `usage:${transfers[0]!.id}` }]);
    expect(posted.map(({ transferId }) => transferId)).toContain(transfers[0]!.id);
  });
});

describe('alerts', () => {
  it('are raised once per crossing, with the booking that did it, and owed to the webhooks of the tenant', async () => {
    const { id, tenantId } = await openAccount(20n);
    const tenant = { id: tenantId };
    await db.query('INSERT INTO governance.tenants (id, epoch) VALUES ($1, 1)', [tenantId]);
    await db.query(
      'INSERT INTO governance.customers (id, name, created_at, updated_at) VALUES ($1, $2, now(), now())',
      [tenant.id, 'Customer'],
    );
    await db.query(
      `INSERT INTO governance.webhooks (id, customer_id, url, secret_ciphertext, secret_key_version, is_active,
         created_at, updated_at) VALUES ($1, $1, 'https://example.com', '', 1, true, now(), now())`,
      [tenantId],
    );
    await db.manager.update(CreditAccountEntity, id, { lowBalanceThresholdCredits: 10n });
    await charge(id, 10n);
    const low = await charge(id, 1n);
    await charge(id, 1n);
    await post(id, { credits: 5n });
    const usage = await db.transaction((tx) =>
      ledger.postUsage(tx, [{ accountId: id, credits: 13n, calls: 2 }], CONTEXT),
    );
    await noteCalls(usage);
    const alerts = await db.manager.find(AlertEntity, {
      where: { creditAccountId: id },
      order: { balanceCredits: 'DESC' },
    });
    const common = {
      tenantId,
      budgetId: null,
      owners: [{ entity: 'team' }, { entity: 'customer', name: 'organization' }],
    };
    const last = { ...common, balanceCredits: 0n, creditTransferId: usage[0]?.transferId };
    expect(alerts).toHaveLength(3);
    expect(alerts).toEqual([
      expect.objectContaining({
        kind: 'credits_low',
        balanceCredits: 9n,
        thresholdCredits: 10n,
        creditTransferId: low.id,
      }),
      expect.anything(),
      expect.anything(),
    ]);
    expect(alerts.slice(1)).toMatchObject([last, last]);
    expect(alerts.map(({ kind }) => kind).toSorted()).toEqual(['credits_exhausted', 'credits_low', 'credits_low']);
    const owed = await db.query('SELECT FROM governance.webhook_deliveries WHERE webhook_id = $1', [tenantId]);
    expect(owed).toHaveLength(3);
  });
});

describe('many at once', () => {
  it('200 postings of all kinds, ten at a time, batches of accounts in any order: nothing is lost, nothing deadlocks', async () => {
    const accounts = await Promise.all(Array.from({ length: 4 }, () => openAccount(1_000n, 500n)));
    const usage: PostedUsage[] = [];
    const work = Array.from({ length: 200 }, (_, index) => async (): Promise<unknown> => {
      const { id } = accounts[index % 4]!;
      switch (index % 5) {
        case 0:
          return post(id, { credits: 7n, grant: { priority: index % 3 } });
        case 1:
          return charge(id, 20n);
        case 2:
          return post(id, { type: 'adjustment', direction: 'out', credits: 3n });
        case 3:
          return post(id, { credits: 1n, idempotencyKey: 'the same for all' });
        default:
          return db
            .transaction((tx) => {
              const shuffled = index % 2 === 0 ? accounts : accounts.toReversed();
              const increments = shuffled.map((account) => ({ accountId: account.id, credits: 1n, calls: 1 }));
              return ledger.postUsage(tx, increments, CONTEXT);
            })
            .then((posted) => void usage.push(...posted));
      }
    });
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        for (let next = work.pop(); next !== undefined; next = work.pop()) await next();
      }),
    );
    await noteCalls(usage);
    // Per account: 10 of each kind, the same one once, and the batch of all accounts 40 times.
    for (const { id } of accounts) expect(await balance(id)).toBe(1_000n + 70n - 200n - 30n + 1n - 40n);
  });
});

describe('the books of all that', () => {
  it('balance', async () => {
    expect((await checkCredits(db.manager)).differences).toEqual([]);
  });
});
