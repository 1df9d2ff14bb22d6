import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { type GovernanceApp, type Json, startGovernance } from './support/governance-app.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';
const HOUR_MS = 3_600_000;

describe('temporary raises', () => {
  let app: GovernanceApp;
  let key: Json;
  let path: string;
  let count = 0;

  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());

  beforeEach(async () => {
    key = await app.create('virtual-keys', {
      name: `k ${(count += 1)}`,
      budget: { max_limit: 10, reset_duration: '1d' },
    });
    path = `/budgets/${key.budget_id}/raises`;
  });

  const inHours = (hours: number): string => new Date(app.clock.now() + hours * HOUR_MS).toISOString();
  const raise = async (body: Json): Promise<Json> => {
    const answer = await app.call('POST', path, body);
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.body.raise;
  };
  const budget = async (): Promise<Json> => (await app.call('GET', `/budgets/${key.budget_id}`)).body.budget;
  const enforced = async (): Promise<Json> => {
    const { snapshot } = (await app.internal('GET', `/policies/${app.hashOf(key.value)}`)).body;
    return snapshot.limits[0].raises;
  };
  const auditOf = (id: string): Promise<Json[]> =>
    app.db.query('SELECT action, before, after FROM governance.audit_entries WHERE entity_id = $1 ORDER BY position', [
      id,
    ]);

  it('are in force at once, for gateways and in answers, until they end', async () => {
    const epoch = await app.epochOf(key.id);
    const created = await raise({ amount: 2.5, ends_at: inHours(1), reason: 'launch day' });

    expect(created).toMatchObject({
      amount: 2.5,
      starts_at: new Date(app.clock.now()).toISOString(),
      ends_at: inHours(1),
      reason: 'launch day',
    });
    expect(await app.epochOf(key.id)).toBe(epoch + 1);
    expect(await budget()).toMatchObject({ max_limit: 10, effective_limit: 12.5, raises: [created] });
    expect(await enforced()).toEqual([
      { amount: '25000000', fromMs: app.clock.now(), untilMs: app.clock.now() + HOUR_MS },
    ]);

    app.clock.advance(HOUR_MS);
    expect(await budget()).not.toHaveProperty('effective_limit');
    expect(await budget()).not.toHaveProperty('raises');
    expect(await enforced()).toBeUndefined();
    expect((await app.call('GET', path)).body).toEqual({ raises: [created], count: 1 });
  });

  it('add up while they overlap, and wait for their start', async () => {
    await raise({ amount: 1, ends_at: inHours(2) });
    await raise({ amount: 2, ends_at: inHours(3), starts_at: inHours(1) });

    expect(await budget()).toMatchObject({ effective_limit: 11 });
    app.clock.advance(HOUR_MS);
    expect(await budget()).toMatchObject({ effective_limit: 13 });
    app.clock.advance(HOUR_MS);
    expect(await budget()).toMatchObject({ effective_limit: 12 });
  });

  it('begin now when their start has passed', async () => {
    const created = await raise({ amount: 1, starts_at: inHours(-5), ends_at: inHours(1) });
    expect(created.starts_at).toBe(new Date(app.clock.now()).toISOString());
  });

  it('that are ended are over for the very next look-up; their row explains what was spent', async () => {
    const created = await raise({ amount: 1, ends_at: inHours(2) });
    app.clock.advance(HOUR_MS);
    const epoch = await app.epochOf(key.id);

    expect((await app.call('DELETE', `${path}/${created.id}`)).status).toBe(200);
    expect((await app.call('DELETE', `${path}/${created.id}`)).status).toBe(200);

    expect(await app.epochOf(key.id)).toBe(epoch + 1);
    expect(await enforced()).toBeUndefined();
    const ends_at = new Date(app.clock.now()).toISOString();
    expect((await app.call('GET', path)).body.raises).toEqual([{ ...created, ends_at }]);
    expect(await auditOf(created.id)).toMatchObject([
      { action: 'budget_raise.created', before: null, after: { amount_cents: '1', ends_at: created.ends_at } },
      { action: 'budget_raise.ended', before: { ends_at: created.ends_at }, after: { ends_at } },
    ]);
  });

  it('that have not begun are removed', async () => {
    const created = await raise({ amount: 1, starts_at: inHours(1), ends_at: inHours(2) });
    expect((await app.call('DELETE', `${path}/${created.id}`)).status).toBe(200);
    expect((await app.call('GET', path)).body).toEqual({ raises: [], count: 0 });
    expect((await auditOf(created.id))[1]).toMatchObject({ action: 'budget_raise.removed', after: null });
  });

  it('are listed in the order in which they begin, in pages', async () => {
    const later = await raise({ amount: 1, starts_at: inHours(1), ends_at: inHours(2) });
    const first = await raise({ amount: 2, ends_at: inHours(2) });

    expect((await app.call('GET', path)).body.raises).toEqual([first, later]);
    expect((await app.call('GET', `${path}?limit=1&offset=1`)).body).toEqual({ raises: [later], count: 1 });
  });

  it.each<[Json, string]>([
    [{}, 'amount'],
    [{ amount: 0, ends_at: '2999-01-01T00:00:00Z' }, 'amount'],
    [{ amount: -1, ends_at: '2999-01-01T00:00:00Z' }, 'amount'],
    [{ amount: '1', ends_at: '2999-01-01T00:00:00Z' }, 'amount'],
    [{ amount: 1 }, 'ends_at'],
    [{ amount: 1, ends_at: 'tomorrow' }, 'ends_at'],
    [{ amount: 1, ends_at: '2001-01-01T00:00:00Z' }, 'ends_at must be in the future'],
    [{ amount: 1, ends_at: '2999-01-01T00:00:00Z', starts_at: '2999-01-01T00:00:00Z' }, 'later than starts_at'],
    [{ amount: 1, ends_at: '2999-01-01T00:00:00Z', reason: 5 }, 'reason'],
  ])('are refused as %j', async (body, sentence) => {
    const answer = await app.call('POST', path, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(answer.body.error).toContain(sentence);
  });

  it('of unknown budgets, and unknown raises, are 404', async () => {
    const body = { amount: 1, ends_at: inHours(1) };
    const created = await raise(body);
    const other = await app.create('teams', { name: 't', budget: { max_limit: 1, reset_duration: '1d' } });
    for (const [method, target] of [
      ['POST', `/budgets/${UNKNOWN_ID}/raises`],
      ['GET', `/budgets/${UNKNOWN_ID}/raises`],
      ['DELETE', `${path}/${UNKNOWN_ID}`],
      // Of another budget.
      ['DELETE', `/budgets/${other.budget_id}/raises/${created.id}`],
    ] as const) {
      expect((await app.call(method, target, method === 'POST' ? body : undefined)).status).toBe(404);
    }
  });
});
