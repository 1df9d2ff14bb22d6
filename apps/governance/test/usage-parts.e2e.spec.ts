import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { type GovernanceApp, type Json, startGovernance } from './support/governance-app.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';
const limits = {
  budget: { max_limit: 10, reset_duration: '1d' },
  rate_limit: { request_max_limit: 5, request_reset_duration: '1m' },
};

describe('usage of parts', () => {
  let app: GovernanceApp;
  let count = 0;
  let team: Json;
  let key: Json;
  let configs: Record<'openai' | 'anthropic' | 'any' | 'one' | 'team', string>;

  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());

  beforeEach(async () => {
    count += 1;
    team = await app.create('teams', { name: `t ${count}`, ...limits });
    key = await app.create('virtual-keys', {
      name: `k ${count}`,
      team_id: team.id,
      ...limits,
      provider_configs: [
        { provider: 'openai', ...limits },
        { provider: 'anthropic', ...limits },
      ],
    });
    const configOf = (name: string): string => key.provider_configs.find(({ provider }: Json) => provider === name).id;
    const model = async (body: Json): Promise<string> => {
      app.clock.advance(1);
      return (await app.call('POST', '/model-configs', { model: 'm', ...limits, ...body })).body.model_config.id;
    };
    configs = {
      openai: configOf('openai'),
      anthropic: configOf('anthropic'),
      any: await model({ virtual_key_id: key.id }),
      one: await model({ virtual_key_id: key.id, provider: 'openai' }),
      team: await model({ team_id: team.id }),
    };
  });

  /** Names of the owners whose limits have begun anew, as gateways see it. */
  const reset = async (): Promise<string[]> => {
    const { snapshot } = (await app.internal('GET', `/policies/${app.hashOf(key.value)}`)).body;
    const names = new Map([
      [key.id, 'key'],
      [team.id, 'own team'],
      ...Object.entries(configs).map(([name, id]) => [id, name] as const),
    ]);
    const again = snapshot.limits.filter(({ generation }: Json) => generation === 2);
    const ids: string[] = [...new Set<string>(again.map(({ entityId }: Json) => entityId))];
    // A budget and a rate limit each.
    expect(again).toHaveLength(2 * ids.length);
    return ids.map((id) => names.get(id) ?? id).toSorted();
  };

  it.each<[string, () => Json, string[]]>([
    ['a key: all of it', () => ({ virtual_key_id: key.id }), ['anthropic', 'any', 'key', 'one', 'openai']],
    ['a provider', () => ({ virtual_key_id: key.id, provider: 'OpenAI' }), ['openai']],
    ['a model', () => ({ virtual_key_id: key.id, model: 'm' }), ['any', 'one']],
    ['both', () => ({ virtual_key_id: key.id, provider: 'anthropic', model: 'm' }), ['anthropic', 'any']],
    ['a team: its own and its models', () => ({ team_id: team.id }), ['own team', 'team']],
  ])('is reset for %s', async (_, bodyOf, expected) => {
    const epoch = await app.epochOf(team.id);
    const answer = await app.call('POST', '/usage-reset', bodyOf());
    expect({ status: answer.status, reset: await reset() }).toEqual({ status: 200, reset: expected });
    expect(await app.epochOf(team.id)).toBe(epoch + 1);
  });

  it('is reset for a customer, and for one budget or rate limit by its id, with an audit line', async () => {
    const customer = await app.create('customers', { name: 'c', ...limits });
    for (const [body, entityType, entityId] of [
      [{ customer_id: customer.id }, 'customer', customer.id],
      [{ budget_id: customer.budget_id }, 'budget', customer.budget_id],
      [{ rate_limit_id: customer.rate_limit_id }, 'rate_limit', customer.rate_limit_id],
    ]) {
      expect((await app.call('POST', '/usage-reset', body)).status).toBe(200);
      const lines = await app.db.query(
        `SELECT before, after FROM governance.audit_entries
          WHERE entity_id = $1 AND entity_type = $2 AND action = 'usage.reset'`,
        [entityId, entityType],
      );
      expect(lines).toHaveLength(1);
      expect(lines[0].before).not.toEqual(lines[0].after);
    }
    const [{ generation }] = await app.db.query('SELECT generation FROM governance.budgets WHERE id = $1', [
      customer.budget_id,
    ]);
    expect(generation).toBe(3);
  });

  it.each<[() => Json, number, string]>([
    [() => ({}), 400, 'exactly one'],
    [() => ({ virtual_key_id: key.id, team_id: team.id }), 400, 'exactly one'],
    [() => ({ team_id: team.id, model: 'm' }), 400, 'virtual_key_id'],
    [() => ({ budget_id: key.budget_id, provider: 'openai' }), 400, 'virtual_key_id'],
    [() => ({ virtual_key_id: key.id, provider: 'nobody' }), 404, 'no limits of its own for "nobody"'],
    [() => ({ virtual_key_id: key.id, model: 'other' }), 404, 'no limits of its own for "other"'],
    [() => ({ team_id: UNKNOWN_ID }), 404, 'team'],
    [() => ({ customer_id: 'x' }), 404, 'customer'],
    [() => ({ budget_id: UNKNOWN_ID }), 404, 'budget'],
    [() => ({ rate_limit_id: UNKNOWN_ID }), 404, 'rate limit'],
  ])('is refused to be reset: case %#', async (bodyOf, status, sentence) => {
    const answer = await app.call('POST', '/usage-reset', bodyOf());
    expect(answer.status).toBe(status);
    expect(answer.body.error).toContain(sentence);
    expect(await reset()).toEqual([]);
  });

  it('is listed for a key: its own, then its providers and its models', async () => {
    const { usage_stats } = (await app.call('GET', `/usage-stats?virtual_key_id=${key.id}`)).body;
    expect(usage_stats.map(({ provider, model }: Json) => [provider, model])).toEqual([
      [undefined, undefined],
      ...key.provider_configs.map(({ provider }: Json) => [provider, undefined]),
      [undefined, 'm'],
      ['openai', 'm'],
    ]);
    for (const stat of usage_stats) {
      expect(stat).toMatchObject({ virtual_key_id: key.id, requests_current_usage: 0, budget_current_usage: 0 });
    }
  });

  it('stays one object for a key without configs', async () => {
    const plain = await app.create('virtual-keys', { name: `plain ${count}`, ...limits });
    const { usage_stats } = (await app.call('GET', `/usage-stats?virtual_key_id=${plain.id}`)).body;
    expect(usage_stats).toMatchObject({ virtual_key_id: plain.id });
  });
});
