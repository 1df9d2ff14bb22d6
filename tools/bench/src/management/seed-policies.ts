import { uuidv7 } from '@penstock/domain';
import { KeyHasher, parseEncryptionKeys, SecretBox } from '@penstock/platform';
import { governanceClient, type Stack } from '@penstock/testing';
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { cloneRows, type ColumnSource } from './clone-rows.js';
import {
  FIRST_KEY,
  nameOf,
  planDataset,
  tenantIdsOf,
  type Dataset,
  type DatasetSize,
  type KeyKind,
  type PlannedKey,
  type Templates,
} from './dataset.js';

/** What governance seals and hashes the values of keys with; the seed must use the same. */
export interface KeySecretsEnv {
  readonly PENSTOCK_KEY_HASH_SECRET: string;
  readonly PENSTOCK_ENCRYPTION_KEYS: string;
}

/** Policies that are there, and the hash that a gateway would look each key up by. */
export interface SeededPolicies {
  readonly dataset: Dataset;
  readonly keyHashes: ReadonlyMap<string, string>;
}

const BUDGET = { max_limit: 100_000, reset_duration: '1M' };
const RATE_LIMIT = {
  token_max_limit: 10_000_000,
  token_reset_duration: '1d',
  request_max_limit: 100_000,
  request_reset_duration: '1d',
};
const LIMITS = { budget: BUDGET, rate_limit: RATE_LIMIT };
const LIMIT_TABLES = ['budgets', 'rate_limits'];

/** Secrets for a stack whose keys are to be seeded past its API. */
export function newKeySecretsEnv(): KeySecretsEnv {
  return {
    PENSTOCK_KEY_HASH_SECRET: randomBytes(32).toString('base64'),
    PENSTOCK_ENCRYPTION_KEYS: `1:${randomBytes(32).toString('base64')}`,
  };
}

/**
 * Creates one entity of each kind through the API and copies their rows, with limits and tenants, until there are as
 * many as asked for. The audit trail and the outbox stay without the copies: no read looks there for them.
 */
export async function seedPolicies(
  stack: Stack,
  database: pg.Client,
  size: DatasetSize,
  secrets: KeySecretsEnv,
): Promise<SeededPolicies> {
  const templates = await createTemplates(stack);
  const dataset = planDataset(size, templates, uuidv7);
  const customers = dataset.customers.slice(1);
  const teams = dataset.teams.slice(1);
  await copy(database, 'customers', templates.customerId, customers, {});
  await copy(database, 'teams', templates.teamId, teams, { customer_id: uuids(teams.map((team) => team.customerId)) });
  const keyHashes = await copyKeys(database, dataset, templates, secrets);
  await copyLimits(database, 'customer_id', templates.customerId, customers);
  await copyLimits(database, 'team_id', templates.teamId, teams);
  await copyTenants(database, dataset, templates);
  return { dataset, keyHashes };
}

async function createTemplates(stack: Stack): Promise<Templates> {
  const governance = governanceClient(stack);
  const customer = await governance.createCustomer({ name: nameOf.customer(0), ...LIMITS });
  const team = await governance.createTeam({ name: nameOf.team(0), customer_id: customer.id, ...LIMITS });
  const createKey = async (kind: KeyKind, parent: { team_id?: string; customer_id?: string }): Promise<string> =>
    (await governance.createVirtualKey({ name: nameOf.key(FIRST_KEY[kind]), ...parent, ...LIMITS })).id;
  return {
    customerId: customer.id,
    teamId: team.id,
    keyIds: {
      of_team: await createKey('of_team', { team_id: team.id }),
      of_customer: await createKey('of_customer', { customer_id: customer.id }),
      alone: await createKey('alone', {}),
    },
  };
}

async function copyKeys(
  database: pg.Client,
  { keys }: Dataset,
  { keyIds }: Templates,
  secrets: KeySecretsEnv,
): Promise<Map<string, string>> {
  const keyHashes = new Map<string, string>();
  for (const [kind, templateId] of Object.entries(keyIds)) {
    const copies = keys.filter((key) => key.kind === kind && key.id !== templateId);
    const values = mintValues(copies, secrets);
    await copy(database, 'virtual_keys', templateId, copies, {
      team_id: uuids(copies.map(({ teamId }) => teamId)),
      customer_id: uuids(copies.map(({ customerId }) => customerId)),
    });
    // The first value of a key has the id of the key.
    const ids = uuids(copies.map(({ id }) => id));
    await cloneRows(
      database,
      { table: 'virtual_key_secrets', column: 'id', id: templateId },
      {
        id: ids,
        virtual_key_id: ids,
        key_hash: { type: 'text', values: values.map(({ keyHash }) => keyHash) },
        value_ciphertext: { type: 'bytea', values: values.map(({ ciphertext }) => ciphertext) },
        value_key_version: { type: 'smallint', values: values.map(({ keyVersion }) => keyVersion) },
        value_prefix: { type: 'text', values: values.map(({ prefix }) => prefix) },
        value_hint: { type: 'text', values: values.map(({ hint }) => hint) },
      },
    );
    await copyLimits(database, 'virtual_key_id', templateId, copies);
    for (const { keyId, keyHash } of values) keyHashes.set(keyId, keyHash);
  }
  return keyHashes;
}

interface MintedValue {
  readonly keyId: string;
  readonly keyHash: string;
  readonly ciphertext: Buffer;
  readonly keyVersion: number;
  readonly prefix: string;
  readonly hint: string;
}

/** A value of its own for each key, hashed and sealed as governance does it. */
function mintValues(keys: readonly PlannedKey[], secrets: KeySecretsEnv): MintedValue[] {
  const hasher = new KeyHasher(secrets.PENSTOCK_KEY_HASH_SECRET);
  const box = new SecretBox(parseEncryptionKeys(secrets.PENSTOCK_ENCRYPTION_KEYS));
  return keys.map(({ id }) => {
    const value = `sk-bf-${randomBytes(32).toString('base64url')}`;
    return {
      keyId: id,
      keyHash: hasher.hash(value),
      prefix: value.slice(6, 10),
      hint: value.slice(-4),
      ...box.encrypt(value, id),
    };
  });
}

async function copy(
  database: pg.Client,
  table: string,
  templateId: string,
  copies: readonly { readonly id: string; readonly name: string }[],
  sources: Readonly<Record<string, ColumnSource>>,
): Promise<void> {
  const written = await cloneRows(
    database,
    { table, column: 'id', id: templateId },
    {
      id: uuids(copies.map(({ id }) => id)),
      name: { type: 'text', values: copies.map(({ name }) => name) },
      ...sources,
    },
  );
  if (written !== copies.length) throw new Error(`${written} of ${copies.length} copies were written to ${table}.`);
}

async function copyLimits(
  database: pg.Client,
  column: 'customer_id' | 'team_id' | 'virtual_key_id',
  templateId: string,
  owners: readonly { readonly id: string }[],
): Promise<void> {
  for (const table of LIMIT_TABLES) {
    await cloneRows(
      database,
      { table, column, id: templateId },
      { id: { expression: 'gen_random_uuid()' }, [column]: uuids(owners.map(({ id }) => id)) },
    );
  }
}

async function copyTenants(database: pg.Client, dataset: Dataset, { customerId, keyIds }: Templates): Promise<void> {
  const ids = tenantIdsOf(dataset).filter((id) => id !== customerId && id !== keyIds.alone);
  await cloneRows(database, { table: 'tenants', column: 'id', id: customerId }, { id: uuids(ids) });
}

function uuids(values: readonly (string | null)[]): ColumnSource {
  return { type: 'uuid', values };
}
