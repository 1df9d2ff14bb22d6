import { Injectable } from '@nestjs/common';
import type { PolicyInvalidatedPayload } from '@penstock/dto';
import { DataSource } from 'typeorm';

import type { PolicyRow, TenantLimitsRow } from './policy-rows.js';

const BUDGET_JSON = `json_build_object(
  'seq', b.seq::text, 'virtualKeyId', b.virtual_key_id, 'teamId', b.team_id, 'customerId', b.customer_id,
  'maxLimitCents', b.max_limit_cents::text, 'resetDuration', b.reset_duration, 'generation', b.generation,
  'anchorMs', (EXTRACT(EPOCH FROM b.anchor_at) * 1000)::bigint)`;

const RATE_LIMIT_JSON = `json_build_object(
  'seq', r.seq::text, 'virtualKeyId', r.virtual_key_id, 'teamId', r.team_id, 'customerId', r.customer_id,
  'tokenMaxLimit', r.token_max_limit::text, 'tokenResetDuration', r.token_reset_duration,
  'tokenAnchorMs', (EXTRACT(EPOCH FROM r.token_anchor_at) * 1000)::bigint, 'tokenGeneration', r.token_generation,
  'requestMaxLimit', r.request_max_limit::text, 'requestResetDuration', r.request_reset_duration,
  'requestAnchorMs', (EXTRACT(EPOCH FROM r.request_anchor_at) * 1000)::bigint,
  'requestGeneration', r.request_generation)`;

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

/** One statement, hence one snapshot of the database: the epoch and what it stands for cannot come apart. */
const POLICY_SQL = `
SELECT k.id AS "keyId", k.name AS "keyName", s.id AS "secretId", k.is_active AS "isActive",
  (EXTRACT(EPOCH FROM LEAST(k.expires_at, s.expires_at)) * 1000)::bigint::text AS "expiresAtMs",
  k.allowed_ips AS "allowedIps", k.tags,
  k.allowed_models AS "allowedModels", k.allowed_providers AS "allowedProviders",
  t.id AS "teamId", t.name AS "teamName", c.id AS "customerId", c.name AS "customerName", n.id AS "tenantId", n.epoch,
  (SELECT COALESCE(json_agg(${BUDGET_JSON} ORDER BY b.seq), '[]') FROM governance.budgets b
    WHERE b.virtual_key_id = k.id OR b.team_id = t.id OR b.customer_id = c.id) AS budgets,
  (SELECT COALESCE(json_agg(${RATE_LIMIT_JSON} ORDER BY r.seq), '[]') FROM governance.rate_limits r
    WHERE r.virtual_key_id = k.id OR r.team_id = t.id OR r.customer_id = c.id) AS "rateLimits",
  ${PRICES_JSON} AS prices,
  (SELECT COALESCE(json_agg(json_build_object('id', o.id, 'payload', o.payload) ORDER BY o.seq), '[]')
    FROM governance.outbox_messages o
    WHERE o.tenant_id = n.id AND o.delivered_at IS NULL AND jsonb_array_length(o.payload -> 'carryOvers') > 0
  ) AS "pendingCarryOvers"
FROM governance.virtual_key_secrets s
JOIN governance.virtual_keys k ON k.id = s.virtual_key_id
LEFT JOIN governance.teams t ON t.id = k.team_id
LEFT JOIN governance.customers c ON c.id = COALESCE(t.customer_id, k.customer_id)
LEFT JOIN governance.tenants n ON n.id = COALESCE(c.id, t.id, k.id)
WHERE s.key_hash = $1 AND (s.expires_at IS NULL OR s.expires_at > to_timestamp($2 / 1000.0))`;

const TENANT_LIMITS_SQL = `
WITH t AS (SELECT id FROM governance.teams WHERE customer_id = $1 OR (id = $1 AND customer_id IS NULL)),
k AS (SELECT id FROM governance.virtual_keys
  WHERE customer_id = $1 OR team_id IN (SELECT id FROM t) OR (id = $1 AND customer_id IS NULL AND team_id IS NULL))
SELECT n.epoch,
  (SELECT COALESCE(json_agg(${BUDGET_JSON}), '[]') FROM governance.budgets b
    WHERE b.customer_id = $1 OR b.team_id IN (SELECT id FROM t) OR b.virtual_key_id IN (SELECT id FROM k)) AS budgets,
  (SELECT COALESCE(json_agg(${RATE_LIMIT_JSON}), '[]') FROM governance.rate_limits r
    WHERE r.customer_id = $1 OR r.team_id IN (SELECT id FROM t) OR r.virtual_key_id IN (SELECT id FROM k)) AS "rateLimits"
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

  async findTenantLimits(tenantId: string): Promise<TenantLimitsRow | null> {
    const rows: TenantLimitsRow[] = await this.dataSource.query(TENANT_LIMITS_SQL, [tenantId]);
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
