import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { snapshotKey } from '@penstock/dto';
import { runMigrations } from '@penstock/entities';
import type { RequestContext } from '@penstock/platform';

import { KeyReads } from '../src/virtual-keys/key-reads.js';
import { type Answer, type GovernanceApp, type Json, startGovernance } from './support/governance-app.js';

const HOUR_MS = 3_600_000;
const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';

describe('values of a virtual key', () => {
  let app: GovernanceApp;
  let key: Json;
  let count = 0;

  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());

  beforeEach(async () => {
    key = await app.create('virtual-keys', { name: `key ${(count += 1)}` });
    app.clock.advance(1_000);
  });

  const get = (): Promise<Answer> => app.call('GET', `/virtual-keys/${key.id}`);
  const rotate = async (overlap?: string): Promise<Json> => {
    const body = overlap === undefined ? undefined : { overlap };
    const answer = await app.call('POST', `/virtual-keys/${key.id}/rotate`, body);
    expect(answer).toMatchObject({ status: 200, body: { message: 'Virtual key rotated successfully' } });
    app.clock.advance(1_000);
    return answer.body.virtual_key;
  };
  const isKnown = async (value: string): Promise<boolean> =>
    (await app.internal('GET', `/policies/${app.hashOf(value)}`)).body.found;
  const auditOf = async (id: string = key.id): Promise<Json[]> =>
    app.db.query('SELECT action, after FROM governance.audit_entries WHERE entity_id = $1 ORDER BY position', [id]);
  const iso = (instantMs: number): string => new Date(instantMs).toISOString();

  describe('rotation', () => {
    it('replaces the value at once when nothing is said of an overlap', async () => {
      expect(await isKnown(key.value)).toBe(true);

      const rotated = await rotate();

      expect(rotated).toEqual({
        ...key,
        value: expect.stringMatching(/^sk-bf-[\w-]{43}$/),
        updated_at: expect.any(String),
        secrets: [expect.objectContaining({ value: `sk-bf-...${rotated.value.slice(-4)}`, expires_at: null })],
      });
      expect(rotated.value).not.toBe(key.value);
      expect(rotated.secrets[0].id).not.toBe(key.secrets[0].id);
      expect(Date.parse(rotated.updated_at)).toBeGreaterThan(Date.parse(key.updated_at));
      expect(await isKnown(key.value)).toBe(false);
      expect(await isKnown(rotated.value)).toBe(true);
      expect((await get()).body.virtual_key).toEqual(rotated);
      expect(await app.epochOf(key.id)).toBe(2);
    });

    it('keeps the old value for the overlap, and not a moment longer', async () => {
      const rotatedAtMs = app.clock.now();
      const rotated = await rotate('1h');

      expect(rotated.secrets).toEqual([
        expect.objectContaining({ expires_at: null, created_at: iso(rotatedAtMs) }),
        { ...key.secrets[0], expires_at: iso(rotatedAtMs + HOUR_MS) },
      ]);
      const { snapshot } = (await app.internal('GET', `/policies/${app.hashOf(key.value)}`)).body;
      expect(snapshot).toMatchObject({ secretId: key.secrets[0].id, expiresAtMs: rotatedAtMs + HOUR_MS });
      expect(await isKnown(rotated.value)).toBe(true);

      app.clock.advance(HOUR_MS - 1_000);
      await app.redis.del(snapshotKey(app.hashOf(key.value)));
      expect(await isKnown(key.value)).toBe(false);
      expect((await get()).body.virtual_key.secrets).toEqual([rotated.secrets[0]]);
    });

    it('during an overlap ends the value before last', async () => {
      const second = await rotate('1d');
      const third = await rotate('1d');

      expect(third.secrets.map(({ id }: Json) => id)).toEqual([third.secrets[0].id, second.secrets[0].id]);
      expect(await Promise.all([key, second, third].map(({ value }) => isKnown(value)))).toEqual([false, true, true]);

      await rotate('0s');
      expect(await Promise.all([second, third].map(({ value }) => isKnown(value)))).toEqual([false, false]);
    });

    it('shows a gateway the earlier end of key and value', async () => {
      await app.call('PUT', `/virtual-keys/${key.id}`, { expires_at: iso(app.clock.now() + 1_800_000) });
      const endsAtMs = app.clock.now() + 1_800_000;
      await rotate('1h');

      const { snapshot } = (await app.internal('GET', `/policies/${app.hashOf(key.value)}`)).body;
      expect(snapshot.expiresAtMs).toBe(endsAtMs);
    });

    it('drops the snapshots of every value, as do a change, a reset and the end of its owner', async () => {
      const team = await app.create('teams', { name: 'owner' });
      key = await app.create('virtual-keys', { name: `key ${(count += 1)}`, team_id: team.id });
      const rotated = await rotate('1h');
      const cached = async (): Promise<number> => {
        await Promise.all([key, rotated].map(({ value }) => isKnown(value)));
        return app.redis.exists(...[key, rotated].map(({ value }) => snapshotKey(app.hashOf(value))));
      };
      const left = (): Promise<number> =>
        app.redis.exists(...[key, rotated].map(({ value }) => snapshotKey(app.hashOf(value))));

      const changes: (() => Promise<Answer>)[] = [
        () => app.call('PUT', `/virtual-keys/${key.id}`, { is_active: false }),
        () => app.call('POST', '/usage-reset', { virtual_key_id: key.id }),
        () => app.call('PUT', `/teams/${team.id}`, { name: 'renamed' }),
        () => app.call('DELETE', `/teams/${team.id}?cascade=true`),
      ];
      for (const change of changes) {
        expect(await cached()).toBe(2);
        expect((await change()).status).toBe(200);
        expect(await left()).toBe(0);
      }
      expect(
        await app.db.query('SELECT id FROM governance.virtual_key_secrets WHERE virtual_key_id = $1', [key.id]),
      ).toEqual([]);
    });

    it('does not outlive the key: once deleted, it is unknown by both values', async () => {
      const rotated = await rotate('1h');
      for (const { value } of [key, rotated]) expect(await isKnown(value)).toBe(true);

      expect((await app.call('DELETE', `/virtual-keys/${key.id}`)).status).toBe(200);

      for (const { value } of [key, rotated]) {
        expect(await app.redis.exists(snapshotKey(app.hashOf(value)))).toBe(0);
        expect(await isKnown(value)).toBe(false);
      }
    });

    it('of one key at once, many times: one current value, at most one other', async () => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => app.call('POST', `/virtual-keys/${key.id}/rotate`, { overlap: '1h' })),
      );

      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      const { secrets } = (await get()).body.virtual_key;
      expect(secrets.map(({ expires_at }: Json) => expires_at === null)).toEqual([true, false]);
    });

    it.each([{ overlap: 5 }, { overlap: 'soon' }, { overlap: '-1s' }, { overlap: '' }])(
      'refuses %j and changes nothing',
      async (body) => {
        expect((await app.call('POST', `/virtual-keys/${key.id}/rotate`, body)).status).toBe(400);
        expect((await get()).body.virtual_key).toEqual(key);
      },
    );

    it('answers 404 for a key that is not there, and 401 to nobody', async () => {
      for (const id of [UNKNOWN_ID, 'not-a-uuid']) {
        expect((await app.call('POST', `/virtual-keys/${id}/rotate`, {})).status).toBe(404);
      }
      expect((await app.raw('POST', `/api/governance/virtual-keys/${key.id}/rotate`, {})).status).toBe(401);
    });

    it('leaves other tenants alone', async () => {
      const other = await app.create('virtual-keys', { name: `key ${(count += 1)}` });
      await rotate('1h');

      expect(await isKnown(other.value)).toBe(true);
      expect(await app.epochOf(other.id)).toBe(1);
      expect(await auditOf(other.id)).toHaveLength(1);
    });
  });

  it('show when each was last used', async () => {
    const rotated = await rotate('1h');
    const [current, previous] = rotated.secrets;
    const usedAt = iso(app.clock.now() - 5_000);
    await app.db.query('INSERT INTO ledger.secret_uses (secret_id, last_used_at) VALUES ($1, $2)', [
      previous.id,
      usedAt,
    ]);

    expect((await get()).body.virtual_key.secrets).toEqual([current, { ...previous, last_used_at: usedAt }]);
  });

  describe('a reveal', () => {
    it('is part of the entry of the change that shows the value, and an entry of its own elsewhere', async () => {
      const secretId = key.secrets[0].id;
      await app.call('PUT', `/virtual-keys/${key.id}`, { description: 'changed' });
      await app.call('PUT', `/virtual-keys/${key.id}`, {});
      await get();
      await app.call('GET', '/virtual-keys');
      const rotated = await rotate();

      const entries = await auditOf();
      expect(entries.map(({ action }) => action)).toEqual([
        'virtual_key.created',
        'virtual_key.updated',
        'virtual_key.revealed',
        'virtual_key.revealed',
        'virtual_key.rotated',
      ]);
      for (const index of [0, 1]) {
        expect(entries[index].after).toMatchObject({ value_revealed: true, secret_id: secretId });
      }
      for (const index of [2, 3]) expect(entries[index].after).toEqual({ secret_id: secretId });
      expect(entries[4].after).toMatchObject({ value_revealed: true, secret_id: rotated.secrets[0].id });
      expect(JSON.stringify(entries)).not.toContain(key.value);
      expect(await app.epochOf(key.id)).toBe(3);
    });

    it('does not happen when it cannot be audited', async () => {
      await app.db.query(
        `ALTER TABLE governance.audit_entries ADD CONSTRAINT ck_test CHECK (action <> 'virtual_key.revealed') NOT VALID`,
      );
      try {
        const answer = await get();
        expect(answer.status).toBe(500);
        expect(answer.text).not.toContain(key.value);
      } finally {
        await app.db.query('ALTER TABLE governance.audit_entries DROP CONSTRAINT ck_test');
      }
      expect((await get()).body.virtual_key.value).toBe(key.value);
    });

    it('is not for a caller who may not: the value is masked, and there is nothing to audit', async () => {
      const ctx: RequestContext = {
        requestId: 'r',
        actor: { kind: 'service', id: 's' },
        ip: '',
        userAgent: '',
        nowMs: app.clock.now(),
      };

      const shown = await app.service(KeyReads).get(ctx, key.id);

      expect(shown).toEqual({ ...key, value: `sk-bf-...${key.value.slice(-4)}` });
      expect(await auditOf()).toHaveLength(1);
    });
  });

  it('of the release before open and work after the migration', async () => {
    const isThere = async (): Promise<boolean> => {
      const [row] = await app.db.query(`SELECT to_regclass('governance.virtual_key_secrets') IS NOT NULL AS there`);
      return row.there;
    };
    await app.db.query('DELETE FROM governance.virtual_keys WHERE id <> $1', [key.id]);
    while (await isThere()) await app.db.undoLastMigration();
    const [old] = await app.db.query('SELECT key_hash, value_hint FROM governance.virtual_keys');
    expect(old).toEqual({ key_hash: app.hashOf(key.value), value_hint: key.value.slice(-4) });

    await runMigrations(app.databaseUrl);

    expect((await get()).body.virtual_key).toEqual(key);
    await app.redis.flushdb();
    expect(await isKnown(key.value)).toBe(true);
    expect((await app.call('GET', `/virtual-keys?search=${key.value}`)).body.count).toBe(1);
    expect((await app.call('GET', `/virtual-keys?search=${key.value.slice(-4)}`)).body.count).toBe(1);
  });
});
