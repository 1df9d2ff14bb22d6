import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { creditCounterId, uuidv7 } from '@penstock/domain';
import { EPOCH_FIELD, tenantKeys } from '@penstock/dto';
import { AuditEntryEntity, CreditAccountEntity, findBrokenLink } from '@penstock/entities';
import { waitFor } from '@penstock/testing';
import { Redis } from 'ioredis';

import { type AdminApp, type Answer, type Json, MASTER_KEY, startAdmin } from './support/admin-app.js';
import { chargeJob, expectBalancedBooks, insertTeamWithCredits } from './support/credits.js';
import { createUser, login } from './support/operators.js';
import type { TestTeam } from './support/teams.js';

let admin: AdminApp;
let redis: Redis;
let next = 0;

beforeAll(async () => {
  admin = await startAdmin();
  redis = new Redis(admin.redisServer.url);
});
afterEach(() => expectBalancedBooks(admin));
afterAll(async () => {
  redis.disconnect();
  await admin.stop();
});

const team = (credits = 0): Promise<TestTeam> => insertTeamWithCredits(admin, `team-${(next += 1)}`, credits);
const path = ({ teamId }: Pick<TestTeam, 'teamId'>, rest: string): string => `/api/credits/teams/${teamId}/${rest}`;
const get = (of: TestTeam, rest: string): Promise<Answer> => admin.call('GET', path(of, rest));
const post = (of: TestTeam, rest: string, body?: unknown, key?: string): Promise<Answer> =>
  admin.call('POST', path(of, rest), body, {
    'x-admin-key': MASTER_KEY,
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  });
const patch = (of: TestTeam, rest: string, body: unknown): Promise<Answer> => admin.call('PATCH', path(of, rest), body);
const balance = async (of: TestTeam): Promise<number> => (await get(of, 'balance')).body.credits_remaining;
const account = (of: TestTeam): Promise<CreditAccountEntity> =>
  admin.db.manager.findOneByOrFail(CreditAccountEntity, { teamId: of.teamId });

/** Does something while the service cannot reach Redis, and waits until it can again. */
async function whileRedisIsAway<T>(of: TestTeam, act: () => Promise<T>): Promise<T> {
  admin.redisNetwork.breakDown();
  try {
    return await act();
  } finally {
    admin.redisNetwork.heal();
    await waitFor(async () => (await get(of, 'balance')).body.credits_held !== null, { what: 'Redis to be back' });
  }
}

async function epochOf({ organizationId }: TestTeam): Promise<number> {
  const [row]: { epoch: string }[] = await admin.db.query(
    `SELECT n.epoch FROM governance.tenants n JOIN saas.organizations o ON o.customer_id = n.id
     WHERE o.organization_id = $1`,
    [organizationId],
  );
  return Number(row!.epoch);
}

describe('the balance', () => {
  it('has every field of the contract, and what is held and available', async () => {
    const of = await team(40);
    const { status, body } = await get(of, 'balance');
    expect(status).toBe(200);
    expect(body).toEqual({
      team_id: of.teamId,
      organization_id: of.organizationId,
      credits_allocated: 40,
      credits_used: 0,
      credits_remaining: 40,
      credits_held: 0,
      credits_available: 40,
      overdraft_credits: 0,
      low_balance_threshold_credits: null,
      credit_limit: null,
      auto_refill: false,
      refill_amount: null,
      refill_period: null,
      last_refill_at: null,
      next_refill_at: null,
      budget_mode: 'job_based',
      credits_per_dollar: 10,
      tokens_per_credit: 10_000,
      cost_markup_percentage: 0,
      status: 'active',
      created_at: expect.stringMatching(/Z$/),
      updated_at: expect.stringMatching(/Z$/),
    });
  });

  it('counts what Redis has given to running calls as held; says null while Redis is away', async () => {
    const of = await team(40);
    const { tenantId, seq } = await account(of);
    await redis.hset(tenantKeys(tenantId!).counters, EPOCH_FIELD, 1, creditCounterId(seq), 7);
    expect((await get(of, 'balance')).body).toMatchObject({
      credits_held: 7,
      credits_available: 33,
      credits_remaining: 40,
    });

    await whileRedisIsAway(of, async () => {
      expect((await get(of, 'balance')).body).toMatchObject({ credits_held: null, credits_available: null });
      expect((await post(of, 'check?credits_needed=40')).body).toMatchObject({ has_credits: true });
    });
  });

  it('is read by the team itself and by every operator, and by no other team', async () => {
    const [of, other] = [await team(3), await team()];
    const user = await login(admin, (await createUser(admin, 'user')).email);
    for (const headers of [of.headers, user]) {
      for (const rest of ['balance', 'transactions', 'grants']) {
        expect((await admin.call('GET', path(of, rest), undefined, headers)).status).toBe(200);
      }
      expect((await admin.call('POST', path(of, 'check'), undefined, headers)).status).toBe(200);
    }
    for (const rest of ['balance', 'transactions', 'grants']) {
      expect((await admin.call('GET', path(of, rest), undefined, other.headers)).status).toBe(403);
    }
    for (const headers of [of.headers, user]) {
      const answer = await admin.call('POST', path(of, 'add'), { credits: 1 }, headers);
      expect([401, 403]).toContain(answer.status);
    }
    expect(await balance(of)).toBe(3);
  });

  it.each<['GET' | 'POST' | 'PATCH', string, unknown]>([
    ['GET', 'balance', undefined],
    ['GET', 'transactions', undefined],
    ['GET', 'transactions?format=csv', undefined],
    ['GET', 'grants', undefined],
    ['GET', 'conversion-rates', undefined],
    ['POST', 'check', undefined],
    ['POST', 'add', { credits: 1 }],
    ['POST', 'replenish', { credits: 1, payment_type: 'one_time' }],
    ['POST', 'refund', { credits: 1 }],
    ['POST', 'adjust', { credits: -1, reason: 'x' }],
    ['POST', 'configure-auto-refill', { enabled: true }],
    ['PATCH', 'conversion-rates', { credits_per_dollar: 0 }],
    ['PATCH', 'budget-mode', { budget_mode: 'job_based', credits_per_dollar: 0 }],
    ['PATCH', 'settings', { overdraft_credits: 1 }],
  ])('%s %s of a team that is not there is 404', async (method, rest, body) => {
    for (const teamId of ['nobody', 'no%00body']) {
      const answer = await admin.call(method, path({ teamId }, rest), body);
      expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
    }
  });
});

describe('check', () => {
  it('takes the number from the address and ignores a body', async () => {
    const of = await team(5);
    expect((await post(of, 'check?credits_needed=5', { credits_needed: 100 })).body).toEqual({
      team_id: of.teamId,
      has_credits: true,
      credits_needed: 5,
      credits_remaining: 5,
      credits_available: 5,
    });
    expect((await post(of, 'check')).body).toMatchObject({ has_credits: true, credits_needed: 1 });
    const none = await post(of, 'check?credits_needed=6');
    expect([none.status, none.body]).toEqual([
      200,
      {
        team_id: of.teamId,
        has_credits: false,
        credits_needed: 6,
        credits_remaining: 5,
        credits_available: 5,
        error: 'Insufficient credits: 6 are needed and 5 are available.',
      },
    ]);
    for (const needed of ['0', '-1', '1.5', 'x']) {
      expect((await post(of, `check?credits_needed=${needed}`)).status).toBe(422);
    }
  });
});

describe('add', () => {
  it('books an allocation that the next read shows, and raises the epoch of its tenant alone', async () => {
    const [of, other] = [await team(), await team()];
    const before = [await epochOf(of), await epochOf(other)] as const;
    const { status, body } = await post(of, 'add', { credits: '50', reason: 'Test allocation' });
    expect(status).toBe(200);
    expect(body).toEqual({
      team_id: of.teamId,
      credits_added: 50,
      transaction: {
        transaction_id: expect.any(String),
        team_id: of.teamId,
        organization_id: of.organizationId,
        job_id: null,
        transaction_type: 'allocation',
        credits_amount: 50,
        direction: 'in',
        credits_before: 0,
        credits_after: 50,
        reason: 'Test allocation',
        calls: null,
        payment_amount_usd: null,
        created_at: expect.stringMatching(/Z$/),
      },
    });
    expect(await balance(of)).toBe(50);
    expect([await epochOf(of), await epochOf(other)]).toEqual([before[0] + 1, before[1]]);
  });

  it.each([
    [{}, 'missing'],
    [{ credits: 0 }, 'greater_than_equal'],
    [{ credits: -5 }, 'greater_than_equal'],
    [{ credits: 1.5 }, 'int_type'],
    [{ credits: '1.5' }, 'int_type'],
    [{ credits: '' }, 'int_type'],
    [{ credits: true }, 'int_type'],
    [{ credits: null }, 'int_type'],
    [{ credits: 1_000_000_000_001 }, 'less_than_equal'],
    [{ credits: 1, reason: 'x'.repeat(501) }, 'string_type'],
    [{ credits: 1, reason: 'a\0b' }, 'string_type'],
    [{ credits: 1, expires_at: 'tomorrow' }, 'value_error'],
    [{ credits: 1, expires_at: '2001-01-01T00:00:00Z' }, 'value_error'],
    [{ credits: 1, priority: -1 }, 'greater_than_equal'],
    [{ credits: 1, idempotency_key: '' }, 'string_type'],
  ])('refuses %j', async (body, type) => {
    const of = await team();
    const answer = await post(of, 'add', body);
    expect([answer.status, answer.body.detail[0].type]).toEqual([422, type]);
    expect(await balance(of)).toBe(0);
  });

  it('refuses what JSON numbers could not show exactly', async () => {
    const of = await team();
    await admin.db.query('UPDATE ledger.credit_accounts SET allocated_credits = $2 WHERE team_id = $1', [
      of.teamId,
      '9007199254740000',
    ]);
    const answer = await post(of, 'add', { credits: 1_000 });
    await admin.db.query('UPDATE ledger.credit_accounts SET allocated_credits = 0 WHERE team_id = $1', [of.teamId]);
    expect([answer.status, answer.body.code]).toEqual([400, 'credit_terms_invalid']);
  });

  it('is one booking however often the same key comes, in the header or in the body', async () => {
    const of = await team();
    const first = await post(of, 'add', { credits: 5 }, 'key-1');
    const again = await post(of, 'add', { credits: 5, idempotency_key: 'key-1' });
    expect(again.body).toEqual(first.body);
    const other = await post(of, 'add', { credits: 6 }, 'key-1');
    expect([other.status, other.body.code]).toEqual([409, 'idempotency_mismatch']);
    await post(of, 'add', { credits: 5 });
    await post(of, 'add', { credits: 5 });
    expect(await balance(of)).toBe(15);
    expect((await post(of, 'add', { credits: 5 }, 'x'.repeat(201))).status).toBe(422);
  });

  it('cannot take a key of the house', async () => {
    const of = await team(10);
    await post(of, 'add', { credits: 5 }, 'opening');
    expect(await balance(of)).toBe(15);
  });

  it('books what it says while Redis is away, and says that gateways do not know yet', async () => {
    const of = await team();
    const answer = await whileRedisIsAway(of, () => post(of, 'add', { credits: 5 }));
    expect([answer.status, answer.headers['x-penstock-propagation']]).toEqual([200, 'pending']);
    expect(await balance(of)).toBe(5);
  });
});

describe('replenish', () => {
  it('answers the allocated totals, as the contract has it, and the balance in the transaction', async () => {
    const of = await team(10);
    await chargeJob(admin, of, uuidv7(), 4);
    const request = { credits: 20, payment_type: 'subscription', payment_amount_usd: 49.99, reason: 'May' };
    const { status, body } = await post(of, 'replenish', request);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      team_id: of.teamId,
      credits_added: 20,
      credits_before: 10,
      credits_after: 30,
      payment_type: 'subscription',
      payment_amount_usd: 49.99,
      transaction: {
        transaction_type: 'subscription_payment',
        credits_before: 6,
        credits_after: 26,
        payment_amount_usd: 49.99,
      },
    });
    expect((await get(of, 'balance')).body.last_refill_at).toMatch(/Z$/);
  });

  it('books a payment once, whatever else is sent with its reference', async () => {
    const of = await team();
    const request = { credits: 7, payment_type: 'one_time', payment_amount_usd: 7, payment_reference: 'pi_1' };
    const first = await post(of, 'replenish', request, 'attempt-1');
    await post(of, 'add', { credits: 100 });
    const again = await post(of, 'replenish', request, 'attempt-2');
    expect(again.body).toEqual(first.body);
    expect((await post(of, 'replenish', { ...request, credits: 8 })).status).toBe(409);
    expect(await balance(of)).toBe(107);
    expect((await get(of, 'balance')).body.last_refill_at).toBeNull();
  });

  it.each<[Json, number]>([
    [{ credits: 1, payment_type: 'gift' }, 400],
    [{ credits: 0, payment_type: 'gift' }, 400],
    [{ credits: 0, payment_type: 'one_time' }, 400],
    [{ credits: -1, payment_type: 'one_time' }, 400],
    [{ credits: 1 }, 422],
    [{ payment_type: 'one_time' }, 422],
    [{ credits: 1.5, payment_type: 'one_time' }, 422],
    [{ credits: 1, payment_type: 'one_time', payment_amount_usd: -1 }, 422],
    [{ credits: 1, payment_type: 'one_time', payment_amount_usd: 'free' }, 422],
  ])('%j is %i', async (body, status) => {
    const of = await team();
    expect((await post(of, 'replenish', body)).status).toBe(status);
    expect(await balance(of)).toBe(0);
    if (status === 400)
      expect((await admin.call('POST', path({ teamId: 'nobody' }, 'replenish'), body)).status).toBe(400);
  });
});

describe('refund', () => {
  it('of a job gives back what was deducted, once', async () => {
    const of = await team(10);
    const jobId = uuidv7();
    await chargeJob(admin, of, jobId, 4);
    const { status, body } = await post(of, 'refund', { job_id: jobId.toUpperCase(), reason: 'sorry' });
    expect([status, body]).toEqual([
      200,
      {
        team_id: of.teamId,
        job_id: jobId,
        credits_refunded: 4,
        transaction: expect.objectContaining({ transaction_type: 'refund', credits_before: 6, credits_after: 10 }),
      },
    ]);
    expect((await post(of, 'refund', { job_id: jobId, reason: 'sorry' })).body).toEqual(body);
    const more = await post(of, 'refund', { job_id: jobId, credits: 1 });
    expect([more.status, more.body.code]).toEqual([400, 'refund_too_large']);
    expect(await balance(of)).toBe(10);
    expect((await get(of, 'balance')).body.credits_used).toBe(4);
  });

  it('in parts is never more than the whole', async () => {
    const of = await team(10);
    const jobId = uuidv7();
    await chargeJob(admin, of, jobId, 4);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => post(of, 'refund', { job_id: jobId, credits: 1 }, `part-${index}`)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(4);
    expect(answers.filter(({ body }) => body.code === 'refund_too_large')).toHaveLength(2);
    expect(await balance(of)).toBe(10);
  });

  it('of a number of credits is never more than the team used', async () => {
    const of = await team(10);
    await chargeJob(admin, of, uuidv7(), 4);
    expect((await post(of, 'refund', { credits: 5 })).status).toBe(400);
    expect((await post(of, 'refund', { credits: 3 })).status).toBe(200);
    expect((await post(of, 'refund', { credits: 2 })).status).toBe(400);
    expect(await balance(of)).toBe(9);
  });

  it('of a job and of a number of credits are together never more than the team used', async () => {
    const of = await team(10);
    const jobId = uuidv7();
    await chargeJob(admin, of, jobId, 4);
    expect((await post(of, 'refund', { credits: 3 })).status).toBe(200);
    const part = await post(of, 'refund', { job_id: jobId, credits: 2 });
    expect([part.status, part.body.code]).toEqual([400, 'refund_too_large']);
    expect((await post(of, 'refund', { job_id: jobId })).body).toMatchObject({ credits_refunded: 1 });
    expect((await post(of, 'refund', { credits: 1 })).status).toBe(400);
    expect(await balance(of)).toBe(10);
  });

  it('of a job of somebody else is 404, of nothing 422', async () => {
    const [of, other] = [await team(10), await team(10)];
    const jobId = uuidv7();
    await chargeJob(admin, other, jobId, 4);
    expect((await post(of, 'refund', { job_id: jobId })).status).toBe(404);
    expect((await post(of, 'refund', { job_id: 'not-a-uuid' })).status).toBe(422);
    expect((await post(of, 'refund', {})).status).toBe(422);
  });
});

describe('adjust', () => {
  it('brings credits in, and takes those back that are there', async () => {
    const of = await team(10);
    expect((await post(of, 'adjust', { credits: 5, reason: 'up' })).body).toMatchObject({
      credits_adjusted: 5,
      transaction: { transaction_type: 'adjustment', direction: 'in', credits_amount: 5, credits_after: 15 },
    });
    const down = await post(of, 'adjust', { credits: -12, reason: 'down' }, 'down');
    expect(down.body).toMatchObject({
      credits_adjusted: -12,
      transaction: { transaction_type: 'adjustment', direction: 'out', credits_amount: 12, credits_after: 3 },
    });
    expect((await post(of, 'adjust', { credits: -12, reason: 'down' }, 'down')).body).toEqual(down.body);
    const more = await post(of, 'adjust', { credits: -4, reason: 'down' });
    expect([more.status, more.body.code]).toEqual([400, 'credits_insufficient']);
    expect(await balance(of)).toBe(3);
    expect((await get(of, 'balance')).body).toMatchObject({ credits_allocated: 3, credits_used: 0, credits_held: 0 });
  });

  it('leaves to running calls what they have taken', async () => {
    const of = await team(10);
    const { tenantId, seq } = await account(of);
    // The first withdrawal makes the tenant resident.
    await post(of, 'adjust', { credits: -1, reason: 'x' });
    await redis.hincrby(tenantKeys(tenantId!).counters, creditCounterId(seq), 6);
    const refused = await post(of, 'adjust', { credits: -4, reason: 'x' });
    expect([refused.status, refused.body.code]).toEqual([400, 'credits_insufficient']);
    expect((await post(of, 'adjust', { credits: -3, reason: 'x' })).status).toBe(200);
    expect((await get(of, 'balance')).body).toMatchObject({
      credits_remaining: 6,
      credits_held: 6,
      credits_available: 0,
    });
  });

  it('does not take from an overdraft', async () => {
    const of = await team(2);
    await patch(of, 'settings', { overdraft_credits: 100 });
    const refused = await post(of, 'adjust', { credits: -3, reason: 'x' });
    expect([refused.status, refused.body.code]).toEqual([400, 'credits_insufficient']);
    expect((await get(of, 'balance')).body).toMatchObject({ credits_remaining: 2, credits_held: 0 });
  });

  it('says 503 for a withdrawal while Redis is away, and nothing happens', async () => {
    const of = await team(5);
    const answer = await whileRedisIsAway(of, () => post(of, 'adjust', { credits: -3, reason: 'x' }));
    expect([answer.status, answer.body.code]).toEqual([503, 'store_unavailable']);
    await admin.db.query(`DELETE FROM ledger.credit_holds WHERE state = 'opening'`);
    expect(await balance(of)).toBe(5);
  });

  it.each([
    {},
    { credits: 0, reason: 'x' },
    { credits: 1 },
    { credits: 1, reason: null },
    { credits: -1.5, reason: 'x' },
  ])('refuses %j', async (body) => {
    expect((await post(await team(5), 'adjust', body)).status).toBe(422);
  });
});

describe('settings', () => {
  it('conversion rates change, null changes nothing, and zero is 400', async () => {
    const of = await team();
    expect((await get(of, 'conversion-rates')).body).toEqual({
      team_id: of.teamId,
      tokens_per_credit: 10_000,
      credits_per_dollar: 10,
      budget_mode: 'job_based',
      using_defaults: { tokens_per_credit: true, credits_per_dollar: true },
    });
    const changed = await patch(of, 'conversion-rates', { credits_per_dollar: 2.345, tokens_per_credit: null });
    expect(changed.body).toMatchObject({
      credits_per_dollar: 2.35,
      tokens_per_credit: 10_000,
      using_defaults: { tokens_per_credit: true, credits_per_dollar: false },
    });
    for (const body of [{ credits_per_dollar: 0 }, { tokens_per_credit: 0 }, { tokens_per_credit: -1 }]) {
      const answer = await patch(of, 'conversion-rates', body);
      expect([answer.status, answer.body.code]).toEqual([400, 'credit_terms_invalid']);
    }
    expect((await patch(of, 'conversion-rates', { tokens_per_credit: 1.5 })).status).toBe(422);
    expect((await get(of, 'conversion-rates')).body.credits_per_dollar).toBe(2.35);
  });

  it('the budget mode changes with its rates, and the next call knows', async () => {
    const of = await team();
    const before = await epochOf(of);
    const answer = await patch(of, 'budget-mode', { budget_mode: 'consumption_usd', credits_per_dollar: '20' });
    expect(answer.body).toEqual({
      team_id: of.teamId,
      budget_mode: 'consumption_usd',
      credits_per_dollar: 20,
      tokens_per_credit: 10_000,
      message: expect.any(String),
    });
    expect(await epochOf(of)).toBe(before + 1);
    await patch(of, 'budget-mode', { budget_mode: 'consumption_usd', credits_per_dollar: '20' });
    expect(await epochOf(of)).toBe(before + 1);
    expect((await patch(of, 'budget-mode', { budget_mode: 'by_mood' })).status).toBe(400);
    expect((await admin.call('PATCH', path({ teamId: 'nobody' }, 'budget-mode'), { budget_mode: 'x' })).status).toBe(
      400,
    );
    expect((await patch(of, 'budget-mode', {})).status).toBe(422);
  });

  it('a refill needs an amount and a period to be enabled, and keeps them when it is disabled', async () => {
    const of = await team();
    for (const body of [{ enabled: true }, { enabled: true, refill_amount: 0, refill_period: 'daily' }]) {
      expect((await post(of, 'configure-auto-refill', body)).status).toBe(400);
    }
    const enabled = await post(of, 'configure-auto-refill', {
      enabled: true,
      refill_amount: '100',
      refill_period: 'weekly',
    });
    expect(enabled.body).toEqual({
      team_id: of.teamId,
      auto_refill_enabled: true,
      refill_amount: 100,
      refill_period: 'weekly',
      last_refill_at: null,
      next_refill_at: new Date(admin.clock.now() + 7 * 86_400_000).toISOString(),
      message: expect.any(String),
    });
    expect((await post(of, 'configure-auto-refill', { enabled: false })).body).toMatchObject({
      auto_refill_enabled: false,
      refill_amount: 100,
      refill_period: 'weekly',
      next_refill_at: null,
    });
    expect(await balance(of)).toBe(0);
  });

  it('an overdraft is lowered only as far as nobody uses it', async () => {
    const of = await team(2);
    expect((await patch(of, 'settings', { overdraft_credits: 10 })).body).toMatchObject({
      overdraft_credits: 10,
      credits_available: 12,
    });
    await chargeJob(admin, of, uuidv7(), 5);
    const { tenantId, seq } = await account(of);
    await redis.hset(tenantKeys(tenantId!).counters, EPOCH_FIELD, await epochOf(of), creditCounterId(seq), 5);
    const refused = await patch(of, 'settings', { overdraft_credits: 2 });
    expect([refused.status, refused.body.code]).toEqual([400, 'credits_insufficient']);
    expect((await patch(of, 'settings', { overdraft_credits: 3 })).body).toMatchObject({
      overdraft_credits: 3,
      credits_remaining: -3,
      credits_available: 0,
    });
  });

  it('a threshold above the balance is an alert at once, and null takes it away', async () => {
    const of = await team(5);
    const alerts = (): Promise<Json[]> =>
      admin.db.query('SELECT kind FROM governance.alerts a WHERE owners @> $1', [
        JSON.stringify([{ id: of.governanceTeamId }]),
      ]);
    await patch(of, 'settings', { low_balance_threshold_credits: 5 });
    expect(await alerts()).toEqual([]);
    expect((await patch(of, 'settings', { low_balance_threshold_credits: 6 })).body).toMatchObject({
      low_balance_threshold_credits: 6,
    });
    expect(await alerts()).toEqual([{ kind: 'credits_low' }]);
    const { body } = await patch(of, 'settings', { low_balance_threshold_credits: null });
    expect(body.low_balance_threshold_credits).toBeNull();
    await patch(of, 'settings', { low_balance_threshold_credits: 6 });
    expect(await alerts()).toHaveLength(2);
  });
});

describe('lists', () => {
  it('transactions come newest first, by pages and by type', async () => {
    const of = await team(1);
    for (let credits = 2; credits <= 5; credits += 1) await post(of, 'add', { credits });
    const jobId = uuidv7();
    await chargeJob(admin, of, jobId, 3);
    const amounts = ({ body }: Answer): number[] => body.transactions.map((one: Json) => one.credits_amount);
    const all = await get(of, 'transactions');
    expect(amounts(all)).toEqual([3, 5, 4, 3, 2, 1]);
    expect(all.body).toMatchObject({ team_id: of.teamId, total: 6, next_cursor: null });
    const first = await get(of, 'transactions?limit=2');
    expect(first.body.total).toBe(2);
    await post(of, 'add', { credits: 9 });
    const second = await get(of, `transactions?limit=2&cursor=${first.body.next_cursor}`);
    expect(amounts(second)).toEqual([4, 3]);
    expect(amounts(await get(of, 'transactions?limit=2&offset=1'))).toEqual([3, 5]);
    expect(amounts(await get(of, 'transactions?transaction_type=deduction'))).toEqual([3]);
    expect(amounts(await get(of, `transactions?job_id=${jobId}`))).toEqual([3]);
    for (const query of [
      'limit=0',
      'limit=-1',
      'limit=1001',
      'limit=x',
      'cursor=x',
      'offset=-1',
      'format=xml',
      'job_id=x',
    ]) {
      expect((await get(of, `transactions?${query}`)).status).toBe(422);
    }
  });

  it('grants come in the order in which they are used, spent ones only when asked for', async () => {
    const of = await team(10);
    const expiresAt = new Date(admin.clock.now() + 86_400_000).toISOString();
    await post(of, 'add', { credits: 4, expires_at: expiresAt });
    await post(of, 'add', { credits: 2, priority: 1 });
    await chargeJob(admin, of, uuidv7(), 3);
    const { body } = await get(of, 'grants');
    expect(body).toMatchObject({
      team_id: of.teamId,
      total: 2,
      grants: [
        {
          credits: 4,
          credits_burned: 1,
          credits_withdrawn: 0,
          credits_remaining: 3,
          expires_at: expiresAt,
          priority: 100,
        },
        { credits: 10, credits_remaining: 10, expires_at: null },
      ],
    });
    const spent = await get(of, 'grants?include_spent=true&limit=1');
    expect(spent.body.grants).toMatchObject([{ credits: 2, priority: 1, credits_remaining: 0 }]);
  });

  it('the export has every transaction, and nothing that a spreadsheet would run', async () => {
    const of = await team(1);
    await post(of, 'add', { credits: 2, reason: '=HYPERLINK("http://evil","x")' });
    await post(of, 'replenish', { credits: 3, payment_type: 'one_time', payment_amount_usd: 0.5 });
    await admin.db.query(
      `WITH made AS (
         INSERT INTO ledger.credit_transfers (id, account_id, type, credits, balance_before_credits,
           balance_after_credits, idempotency_key, request_hash, actor_type, actor_id, created_at)
         SELECT gen_random_uuid(), a.id, 'allocation', 1, 5 + n, 6 + n, 'bulk' || n, '', 'system', 'test', now()
         FROM ledger.credit_accounts a, generate_series(1, 2500) n WHERE a.team_id = $1
         ORDER BY n RETURNING id, account_id),
       entries AS (
         INSERT INTO ledger.credit_entries SELECT id, account_id, 1 FROM made
         UNION ALL SELECT id, '00000000-0000-0000-0000-0000000000c1', -1 FROM made),
       grants AS (
         INSERT INTO ledger.credit_grants SELECT gen_random_uuid(), account_id, id, 100, 1, 0, 0, NULL, now() FROM made)
       UPDATE ledger.credit_accounts SET allocated_credits = allocated_credits + 2500 WHERE team_id = $1`,
      [of.teamId],
    );
    const response = await fetch(`${await admin.listen()}${path(of, 'transactions?format=csv&limit=1')}`, {
      headers: of.headers,
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const lines = (await response.text()).trimEnd().split('\r\n');
    expect(lines).toHaveLength(1 + 3 + 2_500);
    expect(lines[0]).toBe(
      'transaction_id,created_at,transaction_type,direction,credits_amount,credits_before,credits_after,job_id,calls,payment_amount_usd,reason',
    );
    expect(lines.at(-2)).toMatch(/,allocation,in,2,1,3,,,,"'=HYPERLINK\(""http:\/\/evil"",""x""\)"$/);
    expect(lines.at(-3)).toMatch(/,one_time_payment,in,3,3,6,,,0.5,$/);
    expect(new Set(lines).size).toBe(lines.length);
  });
});

describe('the audit trail', () => {
  it('has every booking and setting once, with what was before, in an intact chain', async () => {
    const of = await team(10);
    await post(of, 'add', { credits: 5, reason: 'more' }, 'k');
    await post(of, 'add', { credits: 5, reason: 'more' }, 'k');
    await post(of, 'adjust', { credits: -2, reason: 'less' });
    await patch(of, 'settings', { overdraft_credits: 4 });
    await patch(of, 'settings', { overdraft_credits: 4 });
    const { tenantId } = await account(of);
    const entries = await admin.db.manager.find(AuditEntryEntity, {
      where: { tenantId: tenantId! },
      order: { position: 'ASC' },
    });
    expect(findBrokenLink(entries)).toBe(-1);
    expect(entries.filter(({ action }) => action.startsWith('credits.'))).toMatchObject([
      {
        action: 'credits.added',
        entityType: 'credit_account',
        entityId: of.teamId,
        actorId: 'master-key',
        before: { credits_remaining: '10' },
        after: { credits_remaining: '15', credits: '5', reason: 'more', transaction_type: 'allocation' },
      },
      { action: 'credits.adjusted', before: { credits_remaining: '15' }, after: { credits_remaining: '13' } },
      { action: 'credits.settings_changed', before: { overdraft_credits: '0' }, after: { overdraft_credits: '4' } },
    ]);
  });
});
