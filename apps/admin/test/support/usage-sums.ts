import type { AdminApp } from './admin-app.js';

const SUMS = 'sum(calls), sum(tokens), sum(client_cost_nano_usd), sum(credits)';

/** Sums the days that a test has put into the ledger by month, and by tenant, as the worker would have done. */
export async function sumUsageDays({ db }: Pick<AdminApp, 'db'>): Promise<void> {
  await db.query('TRUNCATE ledger.usage_monthly, ledger.usage_tenant_daily');
  await db.query(
    `INSERT INTO ledger.usage_monthly (id, month, tenant_id, team_id, provider, model, calls, tokens,
       client_cost_nano_usd, credits)
     SELECT gen_random_uuid(), date_trunc('month', day)::date, tenant_id, team_id, provider, model, ${SUMS}
     FROM ledger.usage_daily GROUP BY 2, 3, 4, 5, 6`,
  );
  await db.query(
    `INSERT INTO ledger.usage_tenant_daily (tenant_id, day, calls, tokens, client_cost_nano_usd, credits)
     SELECT tenant_id, day, ${SUMS} FROM ledger.usage_daily GROUP BY 1, 2`,
  );
}
