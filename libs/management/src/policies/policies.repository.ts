import { Injectable } from '@nestjs/common';
import type { PolicyInvalidatedPayload } from '@penstock/dto';
import { DataSource } from 'typeorm';

import { modelGrantsJson } from '../models/index.js';
import { LIVE_PRICE_BOOK, PRICE_BOOK_JSON } from '../prices/index.js';
import { WINDOWED_KINDS } from './rate-limit-kinds.js';
import type { PolicyRow, TenantLimitsRow } from './policy-rows.js';

const OWNER_JSON = (row: string): string => `
  'virtualKeyId', ${row}.virtual_key_id, 'teamId', ${row}.team_id, 'customerId', ${row}.customer_id,
  'providerConfigId', ${row}.provider_config_id, 'modelConfigId', ${row}.model_config_id,
  'onExceed', ${row}.on_exceed, 'fallbackModel', ${row}.fallback_model`;

const ms = (column: string): string => `(EXTRACT(EPOCH FROM ${column}) * 1000)::bigint`;

/** $2 is now: raises that have ended are nobody's concern any more. */
const BUDGET_JSON = `json_build_object(
  'id', b.id, 'seq', b.seq::text, ${OWNER_JSON('b')}, 'sharedTenantId', b.shared_tenant_id, 'name', b.name,
  'maxLimitCents', b.max_limit_cents::text, 'resetDuration', b.reset_duration, 'generation', b.generation,
  'anchorAt', ${ms('b.anchor_at')}, 'alignedFrom', ${ms('b.aligned_from')},
  'rolloverMaxCents', b.rollover_max_cents::text,
  'raises', (SELECT COALESCE(json_agg(json_build_object('amountCents', x.amount_cents::text,
      'startsAt', ${ms('x.starts_at')}, 'endsAt', ${ms('x.ends_at')}) ORDER BY x.starts_at, x.id), '[]')
    FROM governance.budget_raises x WHERE x.budget_id = b.id AND x.ends_at > to_timestamp($2 / 1000.0)))`;

const KIND_JSON = WINDOWED_KINDS.map(
  ({ wire, field }) => `'${field}MaxLimit', r.${wire}_max_limit::text,
  '${field}ResetDuration', r.${wire}_reset_duration, '${field}Generation', r.${wire}_generation,
  '${field}AnchorAt', ${ms(`r.${wire}_anchor_at`)}`,
).join(',\n  ');

const RATE_LIMIT_JSON = `json_build_object(
  'id', r.id, 'seq', r.seq::text, ${OWNER_JSON('r')}, 'windowType', r.window_type,
  'concurrentMaxLimit', r.concurrent_max_limit::text, ${KIND_JSON})`;

/** Prices in force or to come; what a newer one has replaced is left out. */
const PRICES_JSON = `(SELECT COALESCE(json_agg(json_build_object(
    'id', p.id, 'provider', p.provider, 'model', p.model, 'isFree', p.is_free,
    'effectiveFromMs', (EXTRACT(EPOCH FROM p.effective_from) * 1000)::bigint,
    'inputUsdPerMtok', p.input_usd_per_mtok::text, 'cacheReadUsdPerMtok', p.cache_read_usd_per_mtok::text,
    'cacheWriteUsdPerMtok', p.cache_write_usd_per_mtok::text, 'outputUsdPerMtok', p.output_usd_per_mtok::text,
    'requestUsd', p.request_usd::text) ORDER BY p.effective_from DESC, p.id), '[]')
  FROM governance.price_overrides p
  WHERE NOT EXISTS (SELECT FROM governance.price_overrides n
    WHERE n.provider = p.provider AND n.model = p.model AND n.effective_from > p.effective_from
      AND n.effective_from <= to_timestamp($2 / 1000.0)))`;

/** What stops everything below it comes first: resuming the team alone would not help. */
const SUSPENSION_JSON = `CASE
    WHEN p.organization_status <> 'active' THEN json_build_object('entity', 'organization',
      'id', p.organization_id, 'name', p.organization_name, 'status', p.organization_status)
    WHEN p.team_status <> 'active' THEN json_build_object('entity', 'team',
      'id', p.saas_team_id, 'name', p.team_alias, 'status', p.team_status)
  END`;

/** Null when the admin API does not know the team. */
const MODEL_GRANTS_JSON = `(SELECT ${modelGrantsJson('s.team_id')}
  FROM saas.teams s JOIN path p ON s.governance_team_id = p.team_id)`;
/** Active credentials of the organization, as they are sealed; line breaks of PostgreSQL's base64 left out. */
const CREDENTIALS_JSON = `(SELECT COALESCE(json_agg(json_build_object('credentialId', x.credential_id,
    'provider', x.provider, 'apiBase', x.api_base, 'keyVersion', x.key_version,
    'sealedKey', replace(encode(x.key_ciphertext, 'base64'), chr(10), '')) ORDER BY x.provider), '[]')
  FROM saas.organizations z JOIN saas.provider_credentials x ON x.organization_id = z.organization_id AND x.is_active
  WHERE z.customer_id = p.customer_id)`;

/**
 * Ids of the rows that meet one of the conditions, each by its own index: OR over several columns and sub-selects would
 * read the whole table.
 */
function idsOf(table: 'budgets' | 'rate_limits', conditions: readonly string[]): string {
  return conditions.map((condition) => `SELECT id FROM governance.${table} WHERE ${condition}`).join('\n      UNION ');
}

const OF_PATH = [
  'virtual_key_id = p.key_id',
  'team_id = p.team_id',
  'customer_id = p.customer_id',
  'provider_config_id IN (SELECT id FROM providers)',
  'model_config_id IN (SELECT id FROM models)',
];

const OF_TENANT = [
  'customer_id = $1',
  'team_id IN (SELECT id FROM t)',
  'virtual_key_id IN (SELECT id FROM k)',
  'provider_config_id IN (SELECT id FROM o)',
  'model_config_id IN (SELECT id FROM m)',
];

/** One statement, hence one snapshot of the database: the epoch and what it stands for cannot come apart. */
const POLICY_SQL = `
WITH path AS (
  SELECT k.id AS key_id, k.name AS key_name, k.is_active, k.allowed_models, k.allowed_providers, k.allowed_ips, k.tags,
    s.id AS secret_id, LEAST(k.expires_at, s.expires_at) AS expires_at,
    t.id AS team_id, t.name AS team_name, c.id AS customer_id, c.name AS customer_name,
    st.team_id AS saas_team_id, st.team_alias, st.status AS team_status,
    so.organization_id, so.name AS organization_name, so.status AS organization_status,
    n.id AS tenant_id, n.epoch, n.time_zone, n.fiscal_year_start_month, n.stream_policy
  FROM governance.virtual_key_secrets s
  JOIN governance.virtual_keys k ON k.id = s.virtual_key_id
  LEFT JOIN governance.teams t ON t.id = k.team_id
  LEFT JOIN governance.customers c ON c.id = COALESCE(t.customer_id, k.customer_id)
  LEFT JOIN governance.tenants n ON n.id = COALESCE(c.id, t.id, k.id)
  LEFT JOIN saas.teams st ON st.governance_team_id = t.id
  LEFT JOIN saas.organizations so ON so.customer_id = c.id
  WHERE s.key_hash = $1 AND (s.expires_at IS NULL OR s.expires_at > to_timestamp($2 / 1000.0))
), providers AS (
  SELECT o.* FROM governance.provider_configs o JOIN path p ON o.virtual_key_id = p.key_id
), models AS (
  SELECT m.* FROM governance.model_configs m JOIN path p ON m.virtual_key_id = p.key_id
  UNION ALL SELECT m.* FROM governance.model_configs m JOIN path p ON m.team_id = p.team_id
  UNION ALL SELECT m.* FROM governance.model_configs m JOIN path p ON m.customer_id = p.customer_id
), shared AS (
  SELECT a.budget_id FROM governance.budget_attachments a JOIN path p ON a.virtual_key_id = p.key_id
  UNION ALL SELECT a.budget_id FROM governance.budget_attachments a JOIN path p ON a.team_id = p.team_id
)
SELECT p.key_id AS "keyId", p.key_name AS "keyName", p.secret_id AS "secretId", p.is_active AS "isActive",
  ${ms('p.expires_at')}::text AS "expiresAtMs", p.allowed_ips AS "allowedIps", p.tags,
  p.allowed_models AS "allowedModels", p.allowed_providers AS "allowedProviders",
  p.team_id AS "teamId", p.team_name AS "teamName", p.customer_id AS "customerId", p.customer_name AS "customerName",
  p.tenant_id AS "tenantId", p.epoch, p.time_zone AS "timeZone", p.fiscal_year_start_month AS "fiscalYearStartMonth",
  p.stream_policy AS "streamPolicy", ${SUSPENSION_JSON} AS suspension,
  (SELECT COALESCE(json_agg(json_build_object('id', o.id, 'provider', o.provider, 'weight', o.weight,
    'allowedModels', o.allowed_models) ORDER BY o.weight DESC, o.created_at, o.id), '[]') FROM providers o
  ) AS "providerConfigs",
  ${MODEL_GRANTS_JSON} AS "modelGrants",
  ${CREDENTIALS_JSON} AS "providerCredentials",
  (SELECT COALESCE(json_agg(json_build_object('id', m.id, 'model', m.model, 'provider', m.provider)), '[]')
    FROM models m) AS "modelConfigs",
  (SELECT COALESCE(json_agg(${BUDGET_JSON} ORDER BY b.seq), '[]') FROM governance.budgets b
    WHERE b.id IN (${idsOf('budgets', OF_PATH)}
      UNION SELECT budget_id FROM shared)) AS budgets,
  (SELECT COALESCE(json_agg(${RATE_LIMIT_JSON} ORDER BY r.seq), '[]') FROM governance.rate_limits r
    WHERE r.id IN (${idsOf('rate_limits', OF_PATH)})) AS "rateLimits",
  ${PRICES_JSON} AS prices,
  (SELECT COALESCE(json_agg(${PRICE_BOOK_JSON('e')}), '[]')
    FROM (${LIVE_PRICE_BOOK('p.customer_id', 'to_timestamp($2 / 1000.0)')}) e) AS "priceBook",
  (SELECT json_build_object('id', a.id, 'seq', a.seq::text, 'mode', a.budget_mode,
      'hundredthsPerDollar', (a.credits_per_dollar * 100)::bigint::text, 'tokensPerCredit', a.tokens_per_credit::text,
      'cap', (a.allocated_credits + a.overdraft_credits)::text)
    FROM ledger.credit_accounts a
    WHERE a.governance_team_id = p.team_id AND a.kind = 'team' AND a.closed_at IS NULL) AS credit,
  (SELECT COALESCE(json_agg(json_build_object('id', o.id, 'payload', o.payload) ORDER BY o.seq), '[]')
    FROM governance.outbox_messages o
    WHERE o.tenant_id = p.tenant_id AND o.delivered_at IS NULL AND jsonb_array_length(o.payload -> 'carryOvers') > 0
  ) AS "pendingCarryOvers"
FROM path p`;

const TENANT_LIMITS_SQL = `
WITH t AS (SELECT id FROM governance.teams WHERE customer_id = $1 OR (id = $1 AND customer_id IS NULL)),
k AS (SELECT id FROM governance.virtual_keys
  WHERE customer_id = $1 OR team_id IN (SELECT id FROM t) OR (id = $1 AND customer_id IS NULL AND team_id IS NULL)),
o AS (SELECT id FROM governance.provider_configs WHERE virtual_key_id IN (SELECT id FROM k)),
m AS (SELECT id FROM governance.model_configs
  WHERE customer_id = $1 OR team_id IN (SELECT id FROM t) OR virtual_key_id IN (SELECT id FROM k))
SELECT n.epoch, n.time_zone AS "timeZone", n.fiscal_year_start_month AS "fiscalYearStartMonth",
  (SELECT COALESCE(json_agg(${BUDGET_JSON}), '[]') FROM governance.budgets b
    WHERE b.id IN (${idsOf('budgets', [...OF_TENANT, 'shared_tenant_id = $1'])})) AS budgets,
  (SELECT COALESCE(json_agg(${RATE_LIMIT_JSON}), '[]') FROM governance.rate_limits r
    WHERE r.id IN (${idsOf('rate_limits', OF_TENANT)})) AS "rateLimits"
FROM governance.tenants n WHERE n.id = $1`;

/** A message that must be delivered before a snapshot of its tenant may be served. */
export interface PendingMessage {
  readonly id: string;
  readonly payload: PolicyInvalidatedPayload;
}

/** Consistent reads of whole policies. */
@Injectable()
export class PoliciesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** By a value that still works. An expired key is found: gateways say that it has expired. */
  async findByKeyHash(keyHash: string, nowMs: number): Promise<PolicyRow | null> {
    const rows: PolicyRow[] = await this.dataSource.query(POLICY_SQL, [keyHash, nowMs]);
    return rows[0] ?? null;
  }

  /** Of the value that lasts longest. */
  async findKeyHash(keyId: string): Promise<string | null> {
    const rows: { keyHash: string }[] = await this.dataSource.query(
      `SELECT key_hash AS "keyHash" FROM governance.virtual_key_secrets WHERE virtual_key_id = $1
       ORDER BY expires_at DESC NULLS FIRST, created_at DESC LIMIT 1`,
      [keyId],
    );
    return rows[0]?.keyHash ?? null;
  }

  async findTenantLimits(tenantId: string, nowMs: number): Promise<TenantLimitsRow | null> {
    const rows: TenantLimitsRow[] = await this.dataSource.query(TENANT_LIMITS_SQL, [tenantId, nowMs]);
    return rows[0] ?? null;
  }

  async findEpoch(tenantId: string): Promise<number | null> {
    const rows: { epoch: string }[] = await this.dataSource.query(
      'SELECT epoch FROM governance.tenants WHERE id = $1',
      [tenantId],
    );
    const [row] = rows;
    return row === undefined ? null : Number(row.epoch);
  }

  async markDelivered(messageIds: readonly string[]): Promise<void> {
    await this.dataSource.query('UPDATE governance.outbox_messages SET delivered_at = now() WHERE id = ANY($1)', [
      messageIds,
    ]);
  }
}
