import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { creditCounterId, type RefillPeriod, refillPeriodStart, uuidv7 } from '@penstock/domain';
import { CREDIT_UPKEEP_QUEUE, EPOCH_FIELD, QUEUE_PREFIX, tenantKeys } from '@penstock/dto';
import { CreditAccountEntity, CreditGrantEntity, CreditTransferEntity } from '@penstock/entities';
import {
  checkCredits,
  CreditHolds,
  CreditLedger,
  creditTurn,
  CreditWithdrawals,
  PolicyChanges,
} from '@penstock/management';
import { type CreatedApp, createLogger, type RequestContext } from '@penstock/platform';
import { TestClock, waitFor, WebhookReceiver } from '@penstock/testing';
import { Queue } from 'bullmq';

import { CreditSchedule } from '../src/credits/credit-schedule.js';
import { CreditUpkeep } from '../src/credits/credit-upkeep.js';
import { WebhookDeliverer } from '../src/webhooks/webhook-deliverer.js';
import { createTenant } from './support/calls.js';
import { createWebhook, makeDue } from './support/webhooks.js';
import { createWorker, startWorker, type WorkerApp } from './support/worker-app.js';

const DAY_MS = 86_400_000;
const clock = new TestClock();
const stopped: CreatedApp[] = [];
let worker: WorkerApp;
let other: CreatedApp;

beforeAll(async () => {
  worker = await startWorker({ PENSTOCK_WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' }, clock);
  other = await startOther();
});
afterEach(() => expectBalancedBooks());
afterAll(async () => {
  for (const one of stopped) await one.leave();
  await worker.stop();
});

async function expectBalancedBooks(): Promise<void> {
  const { differences } = await worker.db.transaction('REPEATABLE READ', (tx) => checkCredits(tx));
  expect(differences).toEqual([]);
}

/** Another worker process, as good as. */
async function startOther(): Promise<CreatedApp> {
  const stores = { DATABASE_URL: worker.database.url, REDIS_URL: worker.redisServer.url };
  const created = await createWorker(stores, createLogger('worker-test', { level: 'silent' }), clock);
  stopped.push(created);
  return created;
}

interface Funded {
  readonly accountId: string;
  readonly tenantId: string;
}

/** An account with credits; each of `grants` is one. */
async function openAccount(
  grants: readonly { credits: bigint; expiresAt?: Date }[],
  overdraftCredits = 0n,
): Promise<Funded> {
  const tenantId = (await createTenant(worker.db, worker.redis)).id;
  const ledger = worker.get(CreditLedger);
  const now = new Date(clock.now());
  return worker.db.transaction(async (tx) => {
    const account = await ledger.openAccount(tx, {
      tenantId,
      governanceTeamId: tenantId,
      teamId: `team-${tenantId}`,
      organizationId: 'organization',
      budgetMode: 'job_based',
      creditsPerDollar: '10.00',
      tokensPerCredit: 10_000n,
      overdraftCredits,
      now,
    });
    for (const { credits, expiresAt } of grants) {
      await ledger.post(tx, account, {
        type: 'allocation',
        direction: 'in',
        credits,
        idempotencyKey: uuidv7(),
        grant: { expiresAt: expiresAt ?? null },
        actor: { kind: 'system', id: 'test' },
        requestId: null,
        now,
      });
    }
    return { accountId: account.id, tenantId };
  });
}

const account = (id: string): Promise<CreditAccountEntity> =>
  worker.db.manager.findOneByOrFail(CreditAccountEntity, { id });
const transfers = (accountId: string, type: CreditTransferEntity['type']): Promise<CreditTransferEntity[]> =>
  worker.db.manager.find(CreditTransferEntity, { where: { accountId, type }, order: { seq: 'ASC' } });

async function balance(id: string): Promise<bigint> {
  const { allocatedCredits, usedCredits } = await account(id);
  return allocatedCredits - usedCredits;
}

async function enableRefill(id: string, period: RefillPeriod, anchorAt: Date, credits = 10): Promise<void> {
  const nextRefillAt = new Date(refillPeriodStart({ period, anchorMs: anchorAt.getTime() }, 1));
  await worker.db.manager.update(CreditAccountEntity, id, {
    autoRefill: true,
    refillCredits: BigInt(credits),
    refillPeriod: period,
    refillAnchorAt: anchorAt,
    nextRefillAt,
  });
}

/** What is due is done by both workers at once. */
const upkeep = (): Promise<unknown> =>
  Promise.all([worker.get(CreditUpkeep).run(), other.app.get(CreditUpkeep).run(), worker.get(CreditUpkeep).run()]);

/** What gateways have given to running calls. */
async function take({ accountId, tenantId }: Funded, credits: number): Promise<void> {
  const { seq } = await account(accountId);
  const [tenant]: { epoch: string }[] = await worker.db.query('SELECT epoch FROM governance.tenants WHERE id = $1', [
    tenantId,
  ]);
  await worker.redis.hset(tenantKeys(tenantId).counters, EPOCH_FIELD, tenant!.epoch, creditCounterId(seq), credits);
}

/** What Redis counts as taken. */
async function taken({ accountId, tenantId }: Funded): Promise<number> {
  return Number(
    await worker.redis.hget(tenantKeys(tenantId).counters, creditCounterId((await account(accountId)).seq)),
  );
}

describe('a refill', () => {
  it('comes once per period, however many workers look, and raises the epoch of its tenant', async () => {
    const { accountId, tenantId } = await openAccount([]);
    const anchor = new Date(clock.now());
    await enableRefill(accountId, 'daily', anchor);
    await upkeep();
    expect(await balance(accountId)).toBe(0n);

    const epoch = async (): Promise<number> =>
      Number((await worker.db.query('SELECT epoch FROM governance.tenants WHERE id = $1', [tenantId]))[0].epoch);
    const before = await epoch();
    clock.advance(DAY_MS);
    await upkeep();
    await upkeep();
    expect(await balance(accountId)).toBe(10n);
    expect(await epoch()).toBe(before + 1);
    expect(await account(accountId)).toMatchObject({
      lastRefillAt: new Date(clock.now()),
      nextRefillAt: new Date(anchor.getTime() + 2 * DAY_MS),
    });
    const audited = await worker.db.query(
      `SELECT actor_type, after FROM governance.audit_entries WHERE tenant_id = $1 AND action = 'credits.refilled'`,
      [tenantId],
    );
    expect(audited).toEqual([{ actor_type: 'system', after: expect.objectContaining({ credits: '10' }) }]);
  });

  it('that was missed comes once, for the period that runs, and then in time again', async () => {
    const { accountId } = await openAccount([]);
    const anchorMs = clock.now();
    await enableRefill(accountId, 'weekly', new Date(anchorMs));
    clock.advance(5.5 * 7 * DAY_MS);
    await upkeep();
    expect((await transfers(accountId, 'refill')).map(({ idempotencyKey }) => idempotencyKey)).toEqual([
      `refill:${anchorMs}:5`,
    ]);
    expect((await account(accountId)).nextRefillAt).toEqual(new Date(anchorMs + 6 * 7 * DAY_MS));
    clock.advance(0.5 * 7 * DAY_MS);
    await upkeep();
    expect(await transfers(accountId, 'refill')).toHaveLength(2);
  });

  it('goes by the months of the calendar, counted from the anchor', async () => {
    const { accountId } = await openAccount([]);
    // The first 31st of a January that is still to come.
    const year = new Date(clock.now()).getUTCFullYear() + 1;
    const anchor = new Date(Date.UTC(year, 0, 31, 12));
    clock.advance(anchor.getTime() - clock.now());
    await enableRefill(accountId, 'monthly', anchor);
    const dates: string[] = [];
    for (let month = 0; month < 3; month += 1) {
      const { nextRefillAt } = await account(accountId);
      clock.advance(nextRefillAt!.getTime() - clock.now());
      await upkeep();
      dates.push((await account(accountId)).lastRefillAt!.toISOString().slice(5, 10));
    }
    const isLeapYear = new Date(Date.UTC(year, 2, 0)).getUTCDate() === 29;
    expect(dates).toEqual([isLeapYear ? '02-29' : '02-28', '03-31', '04-30']);
    expect(await balance(accountId)).toBe(30n);
  });

  it('stops when it is disabled or the account is closed', async () => {
    const [one, two] = [await openAccount([]), await openAccount([])];
    for (const { accountId } of [one, two]) await enableRefill(accountId, 'daily', new Date(clock.now()));
    await worker.db.manager.update(CreditAccountEntity, one.accountId, { autoRefill: false, nextRefillAt: null });
    await worker.db.transaction(async (tx) => {
      const ledger = worker.get(CreditLedger);
      const closing = await ledger.lockAccount(tx, two.accountId);
      const context = { actor: { kind: 'system', id: 'test' }, requestId: null, now: new Date(clock.now()) };
      await ledger.closeAccount(tx, closing!, context);
    });
    clock.advance(2 * DAY_MS);
    await upkeep();
    expect([await balance(one.accountId), await balance(two.accountId)]).toEqual([0n, 0n]);
  });
});

describe('credits that expire', () => {
  const tomorrow = (): Date => new Date(clock.now() + DAY_MS);

  it('are taken back once, and only what is left of them', async () => {
    const funded = await openAccount([{ credits: 10n, expiresAt: tomorrow() }, { credits: 5n }]);
    await upkeep();
    expect(await balance(funded.accountId)).toBe(15n);
    clock.advance(DAY_MS);
    await upkeep();
    await upkeep();
    expect(await balance(funded.accountId)).toBe(5n);
    const expired = await transfers(funded.accountId, 'expiry');
    expect(expired.reduce((sum, { credits }) => sum + credits, 0n)).toBe(10n);
    expect(await taken(funded)).toBe(0);
  });

  it('are left to the calls that have taken them, and to their overdraft nothing is put', async () => {
    const funded = await openAccount([{ credits: 10n, expiresAt: tomorrow() }], 100n);
    clock.advance(DAY_MS);
    await take(funded, 8);
    await upkeep();
    expect(await balance(funded.accountId)).toBe(8n);
    // The calls are over and used nothing: what they held comes free, and goes.
    await take(funded, 0);
    await upkeep();
    expect(await balance(funded.accountId)).toBe(0n);
    const [grant] = await worker.db.manager.findBy(CreditGrantEntity, { accountId: funded.accountId });
    expect(grant).toMatchObject({ credits: 10n, burnedCredits: 0n, withdrawnCredits: 10n });
  });

  it('are not taken back while Redis is away, and the others are when it is back', async () => {
    const funded = await openAccount([{ credits: 4n, expiresAt: tomorrow() }]);
    clock.advance(DAY_MS);
    await worker.redisServer.kill();
    try {
      await expect(worker.get(CreditUpkeep).run()).rejects.toThrow('could not be seen to');
      expect(await balance(funded.accountId)).toBe(4n);
    } finally {
      await worker.redisServer.restart();
    }
    await waitFor(
      () =>
        worker
          .get(CreditUpkeep)
          .run()
          .then(
            () => true,
            () => false,
          ),
      { what: 'Redis to be back' },
    );
    clock.advance(600_000);
    await upkeep();
    expect(await balance(funded.accountId)).toBe(0n);
    const open = await worker.db.query(`SELECT FROM ledger.credit_holds WHERE state <> 'closed' AND account_id = $1`, [
      funded.accountId,
    ]);
    expect(open).toEqual([]);
  });
});

describe('a withdrawal', () => {
  const ctxAt = (nowMs: number): RequestContext => ({
    requestId: 'r',
    actor: { kind: 'system', id: 'test' },
    ip: '',
    userAgent: '',
    nowMs,
  });
  const nothing = (): Promise<void> => Promise.resolve();
  const openHolds = (accountId: string): Promise<{ id: string }[]> =>
    worker.db.query(`SELECT id FROM ledger.credit_holds WHERE account_id = $1 AND state = 'open' ORDER BY seq`, [
      accountId,
    ]);

  it('whose process died gives its credits free again, after a while', async () => {
    const funded = await openAccount([{ credits: 10n }]);
    await other.app.get(CreditHolds).open(
      {
        id: uuidv7(),
        accountId: funded.accountId,
        purpose: 'withdrawal',
        initialMicroCredits: 4_000_000n,
        nowMs: clock.now(),
      },
      nothing,
      nothing,
    );
    await upkeep();
    expect(await taken(funded)).toBe(4);
    clock.advance(600_000);
    await upkeep();
    expect(await taken(funded)).toBe(0);
    expect(await openHolds(funded.accountId)).toEqual([]);
    expect(await balance(funded.accountId)).toBe(10n);
  });

  it('whose credits were given free meanwhile books nothing', async () => {
    const funded = await openAccount([{ credits: 10n }]);
    const withdrawals = worker.get(CreditWithdrawals);
    const [begun, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const changes = worker.get(PolicyChanges);
    const first = changes.run(
      ctxAt(clock.now()),
      () => {
        begun.resolve();
        return end.promise;
      },
      creditTurn(funded.accountId),
    );
    await begun.promise;
    let isBooked = false;
    const second = withdrawals.run(ctxAt(clock.now()), { accountId: funded.accountId, credits: 6n }, () => {
      isBooked = true;
      return nothing();
    });
    const refused = second.catch((error: unknown) => error);
    await waitFor(async () => (await openHolds(funded.accountId)).length === 1, { what: 'the withdrawal to hold' });
    const [late] = await openHolds(funded.accountId);
    await changes.run(ctxAt(clock.now()), (change) => worker.get(CreditHolds).close(change, late!.id, 0n));
    end.resolve();
    await first;
    expect(await refused).toMatchObject({ code: 'store_unavailable' });
    expect(isBooked).toBe(false);
    expect(await taken(funded)).toBe(0);
  });
});

describe('the schedule', () => {
  it('is one for all workers, and is made again when Redis was emptied', async () => {
    const queue = new Queue(CREDIT_UPKEEP_QUEUE, { connection: { url: worker.redisServer.url }, prefix: QUEUE_PREFIX });
    try {
      const ensure = (): Promise<unknown> =>
        Promise.all([worker.get(CreditSchedule).ensure(), other.app.get(CreditSchedule).ensure()]);
      await ensure();
      expect(await queue.getJobSchedulersCount()).toBe(1);
      await queue.removeJobScheduler('credit-upkeep');
      await ensure();
      expect(await queue.getJobSchedulersCount()).toBe(1);
    } finally {
      await queue.close();
    }
  });
});

describe('an alert about credits', () => {
  it('reaches the webhook of the organization, signed, with the names of the admin API', async () => {
    const receiver = await WebhookReceiver.start();
    try {
      const { accountId, tenantId } = await openAccount([{ credits: 10n, expiresAt: new Date(clock.now() + DAY_MS) }]);
      await createWebhook(worker.db, tenantId, receiver.url());
      await worker.db.manager.update(CreditAccountEntity, accountId, { lowBalanceThresholdCredits: 3n });
      clock.advance(DAY_MS);
      await worker.get(CreditUpkeep).run();
      await waitFor(
        async () => {
          await makeDue(worker.db);
          await worker.get(WebhookDeliverer).deliverDue();
          return receiver.received.length === 2;
        },
        { what: 'both events to arrive' },
      );
      const events = receiver.received.map(({ body }) => body as { type: string; data: object });
      const data = {
        team_id: `team-${tenantId}`,
        organization_id: 'organization',
        tenant_id: tenantId,
        credits_remaining: 0,
        transaction_id: (await transfers(accountId, 'expiry'))[0]!.id,
      };
      expect(events.toSorted((a, b) => (a.type < b.type ? -1 : 1))).toMatchObject([
        { type: 'credits.exhausted', data },
        { type: 'credits.low', data: { ...data, threshold_credits: 3 } },
      ]);
    } finally {
      await receiver.stop();
    }
  });
});

describe('credits-check', () => {
  const cli = fileURLToPath(new URL('../dist/credits-check-cli.js', import.meta.url));
  const check = async (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
    const env = { ...process.env, DATABASE_URL: worker.database.url };
    try {
      return { code: 0, ...(await promisify(execFile)(process.execPath, [cli, ...args], { env })) };
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string };
    }
  };

  it('says that books balance, names what does not, and refuses arguments that it does not know', async () => {
    const { accountId } = await openAccount([{ credits: 10n }]);
    const { code: good, stdout: json } = await check('--json');
    expect([good, JSON.parse(json)]).toEqual([0, expect.objectContaining({ isBalanced: true, differences: [] })]);

    await worker.db.query('UPDATE ledger.credit_accounts SET used_credits = 3 WHERE id = $1', [accountId]);
    const { code, stdout } = await check();
    expect(code).toBe(1);
    for (const word of ['sum of entries is the balance of the account', accountId, ' 7 ', ' 10']) {
      expect(`${stdout} `).toContain(word);
    }
    await worker.db.query('UPDATE ledger.credit_accounts SET used_credits = 0 WHERE id = $1', [accountId]);

    expect(await check('--repair')).toMatchObject({ code: 2 });
  });
});
