import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditEntryEntity, findBrokenLink } from '@penstock/entities';
import { checkCredits } from '@penstock/management';
import { fuzzApi, fuzzScope } from '@penstock/testing';

import { type AdminApp, startAdmin } from './support/admin-app.js';
import { fuzzHints } from './support/fuzz-hints.js';
import { FuzzWorld } from './support/fuzz-world.js';
import { StandInGateway } from './support/stand-in-gateway.js';

const { seed, count } = fuzzScope(1_500);
/** Generous: other work may share the machine. */
const TIMEOUT_MS = 60_000 + count * 200;
/** Root's account is there already. */
const HOPELESS = ['POST /api/admin-users/setup'];

describe(`generated requests (PENSTOCK_FUZZ_SEED=${seed}, PENSTOCK_FUZZ_COUNT=${count})`, () => {
  let gateway: StandInGateway;
  let admin: AdminApp;
  let world: FuzzWorld;

  beforeAll(async () => {
    gateway = await StandInGateway.start();
    admin = await startAdmin({ env: { PENSTOCK_GATEWAY_URL: gateway.url } });
    world = await FuzzWorld.open(admin);
  });
  afterAll(async () => {
    await gateway.stop();
    await admin.stop();
  });

  it(
    'are answered as the document says',
    async () => {
      const { violations, neverSucceeded } = await fuzzApi({
        seed,
        count,
        baseUrl: await admin.listen(),
        credential: (index, operation) => Promise.resolve(world.credentialOf(index, operation)),
        hints: fuzzHints(world.rootId),
        beforeEach: ({ advanceMs }) => admin.clock.advance(advanceMs),
        upkeep: (index) => world.keep(index),
        hopeless: HOPELESS,
      });

      expect(violations).toEqual([]);
      // An operation that no request gets right is not tested: give the generator a hint of what its fields take.
      expect(neverSucceeded).toEqual(HOPELESS);
    },
    TIMEOUT_MS,
  );

  it('leave every audit chain intact', async () => {
    const entries = await admin.db
      .getRepository(AuditEntryEntity)
      .find({ order: { tenantId: 'ASC', position: 'ASC' } });
    const chains = Map.groupBy(entries, ({ tenantId }) => tenantId);

    expect(chains.size).toBeGreaterThan(0);
    expect([...chains].filter(([, chain]) => findBrokenLink(chain) !== -1)).toEqual([]);
  });

  it('leave the books of credits balanced', async () => {
    const { differences } = await admin.db.transaction('REPEATABLE READ', (tx) => checkCredits(tx));

    expect(differences).toEqual([]);
  });
});
