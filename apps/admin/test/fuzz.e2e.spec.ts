import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditEntryEntity, findBrokenLink } from '@penstock/entities';
import { fuzzApi, fuzzScope } from '@penstock/testing';

import { type AdminApp, MASTER_KEY, startAdmin } from './support/admin-app.js';

const { seed, count } = fuzzScope(500);

describe(`generated requests (PENSTOCK_FUZZ_SEED=${seed}, PENSTOCK_FUZZ_COUNT=${count})`, () => {
  let admin: AdminApp;

  beforeAll(async () => {
    admin = await startAdmin();
  });
  afterAll(() => admin.stop());

  it('are answered as the document says', async () => {
    const { violations, neverSucceeded } = await fuzzApi({
      seed,
      count,
      baseUrl: await admin.listen(),
      credential: { 'x-admin-key': MASTER_KEY },
      hints: (field) => (field === 'organization_id' ? ['org_a', 'org b', 'org/c', 'o'] : undefined),
      beforeEach: ({ advanceMs }) => admin.clock.advance(advanceMs),
    });

    expect(violations).toEqual([]);
    expect(neverSucceeded).toEqual([]);
  }, 120_000);

  it('leave every audit chain intact', async () => {
    const entries = await admin.db
      .getRepository(AuditEntryEntity)
      .find({ order: { tenantId: 'ASC', position: 'ASC' } });
    const chains = Map.groupBy(entries, ({ tenantId }) => tenantId);

    expect(chains.size).toBeGreaterThan(0);
    expect([...chains].filter(([, chain]) => findBrokenLink(chain) !== -1)).toEqual([]);
  });
});
