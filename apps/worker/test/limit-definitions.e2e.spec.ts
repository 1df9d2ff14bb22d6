import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { limitKey, type LimitUnit, uuidv7 } from '@penstock/domain';

import { type LimitDefinition, readLimitDefinitions } from '../src/limits/limit-definitions.js';
import { startWorker, type WorkerApp } from './support/worker-app.js';

const ANCHOR = new Date('2026-03-10T12:00:00.000Z');

let worker: WorkerApp;

beforeAll(async () => {
  worker = await startWorker();
});

afterAll(async () => {
  await worker.stop();
});

async function insert(table: string, row: Record<string, unknown>): Promise<string> {
  const id = uuidv7();
  const all: Record<string, unknown> = { id, ...row };
  const columns = Object.keys(all);
  await worker.db.query(
    `INSERT INTO governance.${table} (${columns.join(', ')}) VALUES (${columns.map((_, i) => `$${i + 1}`).join(', ')})`,
    Object.values(all),
  );
  return id;
}

const times = { created_at: ANCHOR, updated_at: ANCHOR };
const customer = (): Promise<string> => insert('customers', { name: uuidv7(), ...times });
const team = (customerId: string | null = null): Promise<string> =>
  insert('teams', { name: uuidv7(), customer_id: customerId, ...times });
const key = (owner: Record<string, unknown> = {}): Promise<string> =>
  insert('virtual_keys', {
    name: uuidv7(),
    is_active: true,
    ...owner,
    ...times,
  });

/** A budget of this owner, and its definition. */
async function budgetOf(owner: Record<string, unknown>, more: Record<string, unknown> = {}): Promise<LimitDefinition> {
  const id = await insert('budgets', {
    max_limit_cents: 1,
    reset_duration: '1M',
    anchor_at: ANCHOR,
    generation: 4,
    ...owner,
    ...more,
    ...times,
  });
  return definitionOf('budgets', id, 'nano_usd');
}

async function definitionOf(table: string, id: string, unit: LimitUnit): Promise<LimitDefinition> {
  const [row] = await worker.db.query<{ seq: string }[]>(`SELECT seq FROM governance.${table} WHERE id = $1`, [id]);
  const definition = (await readLimitDefinitions(worker.db.manager)).get(limitKey(unit, BigInt(row!.seq)));
  if (definition === undefined) throw new Error(`${table} ${id} has no definition`);
  return definition;
}

describe('the tenant in which a limit counts', () => {
  /** Key, team and customer in every constellation; the tenant is the last of the path. */
  const paths: [string, () => Promise<{ keyId: string; teamId?: string; customerId?: string; tenantId: string }>][] = [
    [
      'a key alone',
      async () => {
        const keyId = await key();
        return { keyId, tenantId: keyId };
      },
    ],
    [
      'a key of a team',
      async () => {
        const teamId = await team();
        return { keyId: await key({ team_id: teamId }), teamId, tenantId: teamId };
      },
    ],
    [
      'a key of a customer',
      async () => {
        const customerId = await customer();
        return { keyId: await key({ customer_id: customerId }), customerId, tenantId: customerId };
      },
    ],
    [
      'a key of a team of a customer',
      async () => {
        const customerId = await customer();
        const teamId = await team(customerId);
        return { keyId: await key({ team_id: teamId }), teamId, customerId, tenantId: customerId };
      },
    ],
  ];

  it.each(paths)('is the end of the path of %s, for limits of every owner on it', async (_, create) => {
    const { keyId, teamId, customerId, tenantId } = await create();
    const providerConfig = await insert('provider_configs', {
      virtual_key_id: keyId,
      provider: 'openai',
      weight: 1,
      ...times,
    });
    const model = { model: 'gpt-4o', ...times };
    const owners: Record<string, unknown>[] = [
      { virtual_key_id: keyId },
      { provider_config_id: providerConfig },
      { model_config_id: await insert('model_configs', { virtual_key_id: keyId, ...model }) },
    ];
    if (teamId !== undefined) {
      owners.push(
        { team_id: teamId },
        { model_config_id: await insert('model_configs', { team_id: teamId, ...model }) },
      );
    }
    if (customerId !== undefined) {
      owners.push(
        { customer_id: customerId },
        { model_config_id: await insert('model_configs', { customer_id: customerId, ...model }) },
      );
    }
    for (const owner of owners) expect({ owner, ...(await budgetOf(owner)) }).toMatchObject({ owner, tenantId });
  });

  it('is that of a shared budget`s own, whoever is attached to it', async () => {
    const tenantId = await customer();
    expect(await budgetOf({ shared_tenant_id: tenantId }, { name: 'pool' })).toMatchObject({ tenantId });
  });
});

describe('the windows of a limit', () => {
  it('roll from the anchor unless they are aligned, and then follow the calendar of the tenant', async () => {
    const tenantId = await customer();
    expect(await budgetOf({ customer_id: tenantId })).toMatchObject({
      generation: 4,
      window: { kind: 'rolling', durationMs: 30 * 86_400_000, anchorMs: ANCHOR.getTime() },
    });
    const aligned = { aligned_from: new Date('2026-04-01T00:00:00Z'), reset_duration: '3M' };
    const window = {
      kind: 'calendar',
      unit: 'quarter',
      count: 1,
      anchorMs: ANCHOR.getTime(),
      alignedFromMs: aligned.aligned_from.getTime(),
    };
    expect((await budgetOf({ customer_id: tenantId }, aligned)).window).toEqual({
      ...window,
      timeZone: 'UTC',
      fiscalYearStartMonth: 1,
    });
    await worker.db.query(
      `INSERT INTO governance.tenants (id, epoch, time_zone, fiscal_year_start_month) VALUES ($1, 1, 'Asia/Tokyo', 4)`,
      [tenantId],
    );
    expect((await budgetOf({ customer_id: tenantId }, aligned)).window).toEqual({
      ...window,
      timeZone: 'Asia/Tokyo',
      fiscalYearStartMonth: 4,
    });
  });

  it('are of each kind that a rate limit sets, with its own generation', async () => {
    const kinds = ['token', 'request', 'input_token', 'output_token'];
    const terms = kinds.map((kind, index) => ({
      [`${kind}_max_limit`]: 5,
      [`${kind}_reset_duration`]: `${index + 1}m`,
      [`${kind}_anchor_at`]: ANCHOR,
      [`${kind}_generation`]: index + 1,
    }));
    const id = await insert('rate_limits', {
      customer_id: await customer(),
      window_type: 'sliding',
      concurrent_max_limit: 3,
      ...Object.assign({}, ...terms),
      ...times,
    });
    const units = ['tokens', 'requests', 'input_tokens', 'output_tokens'] as const;
    for (const [index, unit] of units.entries()) {
      expect(await definitionOf('rate_limits', id, unit)).toMatchObject({
        generation: index + 1,
        window: { kind: 'sliding', durationMs: (index + 1) * 60_000, anchorMs: ANCHOR.getTime() },
      });
    }
    expect(await definitionOf('rate_limits', id, 'concurrent_requests')).toMatchObject({
      generation: 1,
      window: { kind: 'unending' },
    });
  });

  it('are none for what a rate limit does not set', async () => {
    const id = await insert('rate_limits', {
      customer_id: await customer(),
      request_max_limit: 1,
      request_reset_duration: '1m',
      request_anchor_at: ANCHOR,
      request_generation: 1,
      token_anchor_at: ANCHOR,
      token_generation: 1,
      ...times,
    });
    await expect(definitionOf('rate_limits', id, 'requests')).resolves.toBeDefined();
    for (const unit of ['tokens', 'input_tokens', 'output_tokens', 'concurrent_requests'] as const) {
      await expect(definitionOf('rate_limits', id, unit)).rejects.toThrow('no definition');
    }
  });
});
