import type pg from 'pg';
import type { ReportsOptions } from './reports-options.js';
import type { SeededOrganization } from './seed-organization.js';

/**
 * Books the credits of the seeded usage: a deduction for each job that was completed, and as many for calls without a
 * job as make `creditTransfers` in all. Balances run on, in the order of time.
 */
export async function seedTransactions(database: pg.Client, { creditTransfers }: ReportsOptions): Promise<void> {
  await database.query(`CREATE TEMP TABLE seed_transfers AS
    SELECT uuidv7(moment - clock_timestamp()) AS id, * FROM (
      SELECT account_id, ended_at AS moment, credits_charged AS credits, calls, job_id FROM saas.jobs WHERE status = 'completed'
      UNION ALL
      SELECT s.account_id, max(e.settled_at), sum(e.credits)::bigint, count(*), NULL
      FROM ledger.usage_events e JOIN seed_teams s ON s.governance_team_id = e.team_id
      CROSS JOIN (SELECT (${creditTransfers} - count(*)) / (SELECT count(*) FROM seed_teams) AS batches
        FROM saas.jobs WHERE status = 'completed') b
      WHERE e.job_id IS NULL
      GROUP BY s.account_id, width_bucket(extract(epoch FROM now() - e.started_at), 0, 366 * 86400, b.batches::int)
    ) AS booked`);
  // Entries are checked against their transfer at the commit.
  await database.query('BEGIN');
  await database.query(INSERT_TRANSFERS);
  await database.query(INSERT_ENTRIES);
  await database.query(`
    INSERT INTO ledger.credit_burns (transfer_id, grant_id, credits)
    SELECT s.id, g.id, s.credits FROM seed_transfers s JOIN ledger.credit_grants g USING (account_id)`);
  await database.query(`
    UPDATE ledger.credit_grants g SET burned_credits = burned_credits + s.credits
    FROM (SELECT account_id, sum(credits) AS credits FROM seed_transfers GROUP BY account_id) s
    WHERE s.account_id = g.account_id`);
  await database.query(`
    UPDATE ledger.credit_accounts a SET used_credits = used_credits + s.credits
    FROM (SELECT account_id, sum(credits) AS credits FROM seed_transfers GROUP BY account_id) s
    WHERE s.account_id = a.id`);
  await database.query('COMMIT');
}

const INSERT_TRANSFERS = `
  INSERT INTO ledger.credit_transfers (id, account_id, type, credits, balance_before_credits, balance_after_credits,
    idempotency_key, request_hash, job_id, calls, actor_type, actor_id, created_at)
  SELECT s.id, s.account_id, 'deduction', s.credits, a.allocated_credits - s.used + s.credits,
    a.allocated_credits - s.used, CASE WHEN s.job_id IS NULL THEN 'usage:' || s.id ELSE 'job:' || s.job_id END, '',
    s.job_id, s.calls, 'system', 'worker', s.moment
  FROM (SELECT *, sum(credits) OVER (PARTITION BY account_id ORDER BY moment, id) AS used FROM seed_transfers) s
  JOIN ledger.credit_accounts a ON a.id = s.account_id
  ORDER BY s.moment, s.id`;

const INSERT_ENTRIES = `
  INSERT INTO ledger.credit_entries (transfer_id, account_id, credits)
  SELECT s.id, side.account_id, side.credits FROM seed_transfers s CROSS JOIN LATERAL (
    VALUES (s.account_id, -s.credits),
      ((SELECT id FROM ledger.credit_accounts WHERE kind = 'consumption'), s.credits)) AS side (account_id, credits)`;

/** Entries of a year: seven of ten in the chain of the organization. They are not linked: no measured read verifies. */
export async function seedAudit(
  database: pg.Client,
  { tenantId }: SeededOrganization,
  { auditEntries }: ReportsOptions,
): Promise<void> {
  await database.query(
    `INSERT INTO governance.audit_entries (id, tenant_id, position, occurred_at, actor_type, actor_id, action,
       entity_type, entity_id, before, after, ip, user_agent, request_id, prev_hash, hash)
     SELECT uuidv7(moment - clock_timestamp()), CASE WHEN n % 10 < 7 THEN $1::uuid ELSE md5('tenant ' || n % 40)::uuid END,
       n + 1 + (SELECT max(position) FROM governance.audit_entries), moment, 'operator',
       md5('operator ' || n % 50)::uuid::text, kind || '.' || (ARRAY['created', 'updated', 'revealed', 'deleted'])[1 + n % 4],
       kind, kind || '-' || n % 5000, '{"name": "before", "status": "active", "metadata": {"costCentre": "4711"}}',
       '{"name": "after", "status": "suspended", "metadata": {"costCentre": "4712"}}', '10.0.0.1',
       'Mozilla/5.0 (X11; Linux x86_64)', 'bench-' || n, sha256(n::text::bytea)::text, sha256((n + 1)::text::bytea)::text
     FROM generate_series(0, $2::int - 1) n
     CROSS JOIN LATERAL (SELECT date_trunc('milliseconds', now() - interval '365 days'
         + interval '364 days' * (n::float8 / $2::int)) AS moment,
       (ARRAY['team', 'organization', 'virtual_key', 'model_group', 'price_book_entry', 'budget', 'rate_limit', 'webhook',
         'provider_credential', 'admin_user'])[1 + (n / 4) % 10] AS kind) AS what`,
    [tenantId, auditEntries],
  );
}
