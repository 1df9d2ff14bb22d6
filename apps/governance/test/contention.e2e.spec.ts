import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EPOCH_FIELD, tenantKeys } from '@penstock/dto';
import { AuditEntryEntity, findBrokenLink } from '@penstock/entities';
import fc from 'fast-check';

import { type Answer, type GovernanceApp, type Json, startGovernance } from './support/governance-app.js';

const SEED = 7;
const CHANGES = 300;
const AT_ONCE = 24;
/** Few enough that most changes meet another one of the same entity. */
const CUSTOMERS = 2;
const TEAMS = 3;
const KEYS = 4;

/** A change of something that many change at once; numbers choose among what there is. */
interface Change {
  readonly kind:
    | 'key to team'
    | 'key to customer'
    | 'key limits'
    | 'team to customer'
    | 'team limits'
    | 'customer limits';
  readonly first: number;
  readonly second: number;
  readonly limit: number;
}

const changes = fc.record<Change>({
  kind: fc.constantFrom<Change['kind'][]>(
    'key to team',
    'key to customer',
    'key limits',
    'team to customer',
    'team limits',
    'customer limits',
  ),
  first: fc.nat(),
  second: fc.nat(),
  limit: fc.nat({ max: 100 }),
});

describe('changes of the same few entities, many at once', () => {
  let app: GovernanceApp;
  let customers: Json[];
  let teams: Json[];
  let keys: Json[];

  beforeAll(async () => {
    app = await startGovernance();
    const many = (count: number, kind: 'customers' | 'teams' | 'virtual-keys'): Promise<Json[]> =>
      Promise.all(Array.from({ length: count }, (_, index) => app.create(kind, { name: `${kind} ${index}` })));
    customers = await many(CUSTOMERS, 'customers');
    teams = await many(TEAMS, 'teams');
    keys = await many(KEYS, 'virtual-keys');
  });
  afterAll(() => app.stop());

  const idOf = (entities: readonly Json[], pick: number): string => entities[pick % entities.length].id;

  function put({ kind, first, second, limit }: Change): Promise<Answer> {
    const limits = {
      budget: { max_limit: limit, reset_duration: '1h' },
      rate_limit: { request_max_limit: limit, request_reset_duration: '1h' },
    };
    switch (kind) {
      case 'key to team':
        return app.call('PUT', `/virtual-keys/${idOf(keys, first)}`, { team_id: idOf(teams, second) });
      case 'key to customer':
        return app.call('PUT', `/virtual-keys/${idOf(keys, first)}`, { customer_id: idOf(customers, second) });
      case 'key limits':
        return limit % 2 === 0
          ? app.call('PUT', `/virtual-keys/${idOf(keys, first)}`, limits)
          : app.call('POST', '/usage-reset', { virtual_key_id: idOf(keys, first) });
      case 'team to customer':
        return app.call('PUT', `/teams/${idOf(teams, first)}`, {
          customer_id: limit % 4 === 0 ? null : idOf(customers, second),
        });
      case 'team limits':
        return app.call('PUT', `/teams/${idOf(teams, first)}`, limits);
      case 'customer limits':
        return app.call('PUT', `/customers/${idOf(customers, first)}`, limits);
    }
  }

  /** A busy machine may keep Redis from answering in time; then the caller was told so. */
  let arePending = false;

  it('are each answered 200: none waits for ever, none is the victim of a deadlock', async () => {
    const planned = fc.sample(changes, { seed: SEED, numRuns: CHANGES });
    const refused: string[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let change = planned[next++]; change !== undefined; change = planned[next++]) {
        // Each of them sends one after another; all of them together are the load.
        // oxlint-disable-next-line no-await-in-loop
        const answer = await put(change);
        if (answer.headers['x-penstock-propagation'] === 'pending') arePending = true;
        if (answer.status !== 200) refused.push(`${JSON.stringify(change)}: ${answer.status} ${answer.text}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));

    expect(refused).toEqual([]);
    const [{ deadlocks }] = await app.db.query(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(deadlocks).toBe('0');
  });

  it('leave every audit chain intact', async () => {
    const entries = await app.db.getRepository(AuditEntryEntity).find({ order: { tenantId: 'ASC', position: 'ASC' } });
    const chains = Map.groupBy(entries, ({ tenantId }) => tenantId);
    expect([...chains].filter(([, chain]) => findBrokenLink(chain) !== -1)).toEqual([]);
    expect(entries.length).toBeGreaterThan(CHANGES / 2);
  });

  it('leave nothing undelivered but what answers said, and Redis with the epochs of PostgreSQL', async () => {
    const tenantIds = new Set<string>();
    for (const key of keys) {
      const { body } = await app.internal('GET', `/policies/${app.hashOf(key.value)}`);
      await app.internal('POST', `/tenants/${body.snapshot.tenantId}/load`);
      tenantIds.add(body.snapshot.tenantId);
    }
    const [{ pending }] = await app.db.query(
      'SELECT count(*)::int AS pending FROM governance.outbox_messages WHERE delivered_at IS NULL',
    );
    if (!arePending) expect(pending).toBe(0);
    for (const tenantId of tenantIds) {
      const epoch = await app.redis.hget(tenantKeys(tenantId).counters, EPOCH_FIELD);
      expect([tenantId, epoch]).toEqual([tenantId, String(await app.epochOf(tenantId))]);
    }
  });
});
