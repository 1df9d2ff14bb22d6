import { uuidv7 } from '@penstock/domain';
import { parseEncryptionKeys, SecretBox } from '@penstock/platform';

import { type AdminApp, ENCRYPTION_KEYS } from './admin-app.js';

/** A team with a key, as it is in the database. */
export interface TestTeam {
  readonly teamId: string;
  readonly organizationId: string;
  readonly governanceTeamId: string;
  readonly keyId: string;
  readonly secretId: string;
  /** Value of its virtual key. */
  readonly key: string;
  /** Headers that show the key. */
  readonly headers: Record<string, string>;
}

/** Of the service that `startAdmin` starts; any other cannot reveal the key, and makes no calls with it. */
const box = new SecretBox(parseEncryptionKeys(ENCRYPTION_KEYS));

/** Puts an organization with one team and its key into the database, without what else belongs to them. */
export async function insertTeam(
  admin: Pick<AdminApp, 'call' | 'clock' | 'db' | 'hashOf'>,
  name: string,
): Promise<TestTeam> {
  const [governanceTeamId, keyId, secretId] = [uuidv7(), uuidv7(), uuidv7()];
  const organizationId = `org-of-${name}`;
  const key = `sk-test-${name}-0123456789`;
  const sealed = box.encrypt(key, secretId);
  const now = new Date(admin.clock.now());
  const created = await admin.call('POST', '/api/organizations/create', {
    organization_id: organizationId,
    name: organizationId,
    create_default_team: false,
  });
  if (created.status !== 200) throw new Error(`an organization was answered ${JSON.stringify(created.body)}`);
  const { customer_id: customerId } = created.body;
  await admin.db.query(
    `INSERT INTO governance.teams (id, name, customer_id, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)`,
    [governanceTeamId, name, customerId, now],
  );
  await admin.db.query(
    `INSERT INTO governance.virtual_keys (id, name, is_active, team_id, created_at, updated_at)
     VALUES ($1, $2, true, $3, $4, $4)`,
    [keyId, `key of ${name}`, governanceTeamId, now],
  );
  await admin.db.query(
    `INSERT INTO governance.virtual_key_secrets
       (id, virtual_key_id, key_hash, value_ciphertext, value_key_version, value_hint, created_at)
     VALUES ($1, $2, $3, $4, $5, 'test', $6)`,
    [secretId, keyId, admin.hashOf(key), sealed.ciphertext, sealed.keyVersion, now],
  );
  await admin.db.query(
    `INSERT INTO saas.teams (team_id, organization_id, governance_team_id, virtual_key_id, team_alias, status,
       is_default, metadata, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $1, 'active', false, '{}', $5, $5)`,
    [name, organizationId, governanceTeamId, keyId, now],
  );
  const headers = { authorization: `Bearer ${key}` };
  return { teamId: name, organizationId, governanceTeamId, keyId, secretId, key, headers };
}
