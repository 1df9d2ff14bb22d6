import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@penstock/testing';

import { type AdminApp, startAdmin } from './support/admin-app.js';
import { type RouteRule, routeRules } from './support/route-rules.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';
const DAY = '2026-01-10';

/** What operators and teams are told about usage, each with an answer. */
const REPORTS = [
  '/api/stats/dashboard',
  '/api/organizations/:id/usage',
  '/api/teams/:id/usage',
  '/api/teams/:id/jobs',
  '/api/jobs/teams/:team_id',
  '/api/jobs/organizations/:id/stats',
  '/api/jobs/organizations/:id/analytics',
  '/api/teams',
  '/api/organizations',
  '/api/credits/teams/:team_id/balance',
  '/api/credits/teams/:team_id/transactions',
  '/api/audit-logs',
];

let admin: AdminApp;
let teamHeaders: Record<string, string>;

beforeAll(async () => {
  admin = await startAdmin();
  await admin.call('POST', '/api/organizations/create', { organization_id: 'acme', name: 'Acme' });
  const { body } = await admin.call('POST', '/api/teams/create', {
    organization_id: 'acme',
    team_id: 'busy',
    credits_allocated: 100,
  });
  teamHeaders = { authorization: `Bearer ${body.virtual_key}` };
  await admin.db.query(
    `INSERT INTO ledger.usage_events (id, started_at, settled_at, request_id, tenant_id, virtual_key_id, team_id,
       customer_id, provider, model_requested, model_sent, input_tokens, cache_read_tokens, cache_write_5m_tokens,
       cache_write_1h_tokens, output_tokens, reasoning_tokens, input_audio_tokens, output_audio_tokens,
       input_image_tokens, tool_units, tokens, cost_nano_usd, is_estimated, is_stream, is_counter_pending, outcome,
       latency_ms, counters)
     SELECT gen_random_uuid(), $1::timestamptz + n * interval '1 minute', $1, 'test', o.customer_id, t.virtual_key_id,
       t.governance_team_id, o.customer_id, 'openai', 'gpt-4o', 'gpt-4o', 200, 0, 0, 0, 100, 0, 0, 0, 0, 0, 300, 90000,
       false, false, false, 'completed', 800, '{}'
     FROM saas.teams t JOIN saas.organizations o USING (organization_id) CROSS JOIN generate_series(1, 50) n
     WHERE t.team_id = 'busy'`,
    [`${DAY}T12:00:00Z`],
  );
});

afterAll(() => admin.stop());

/** Scans of usage events, by index or not, since the database exists. */
async function countScans(): Promise<number> {
  const [{ scans }] = await admin.db.query(
    `SELECT sum(seq_scan + COALESCE(idx_scan, 0))::int AS scans
     FROM pg_stat_user_tables WHERE schemaname = 'ledger' AND relname LIKE 'usage\\_events%'`,
  );
  return scans;
}

/**
 * Scans that a process of the service causes while it does this. PostgreSQL counts the scans of a connection when the
 * connection ends, at the latest.
 */
async function scansOf(work: (call: AdminApp['call']) => Promise<void>): Promise<number> {
  const before = await countScans();
  const others = await listConnections();
  const replica = await admin.startReplica();
  let own: number[] = [];
  try {
    await work(replica.call);
    own = (await listConnections()).filter((pid) => !others.includes(pid));
  } finally {
    await replica.stop();
  }
  expect(own).not.toEqual([]);
  const areGone = async (): Promise<boolean> => (await listConnections()).every((pid) => !own.includes(pid));
  await waitFor(areGone, { what: 'the connections of the process to end' });
  return (await countScans()) - before;
}

async function listConnections(): Promise<number[]> {
  const rows: { pid: number }[] = await admin.db.query(
    'SELECT pid FROM pg_stat_activity WHERE datname = current_database()',
  );
  return rows.map(({ pid }) => pid);
}

function pathOf(url: string): string {
  return url
    .split('/')
    .map((part, index, parts) => {
      if (!part.startsWith(':')) return part;
      if (part === ':team_id' || (part === ':id' && parts[index - 1] === 'teams')) return 'busy';
      if (part === ':id' && parts[index - 1] === 'organizations') return 'acme';
      return UNKNOWN_ID;
    })
    .join('/');
}

function headersOf({ access }: RouteRule): Record<string, string> | undefined {
  return access === 'team' ? teamHeaders : undefined;
}

describe('usage events', () => {
  it('are scanned by no route that reads, whatever it reports', async () => {
    const rules = routeRules(admin).filter(({ method }) => method === 'GET');
    expect(rules.map(({ url }) => url)).toEqual(expect.arrayContaining(REPORTS));
    const answers: [string, number][] = [];
    const scans = await scansOf(async (call) => {
      for (const rule of rules) {
        for (const query of ['?period=2026', `?period=2026-01&start_date=${DAY}&end_date=${DAY}`]) {
          const { status } = await call('GET', pathOf(rule.url) + query, undefined, headersOf(rule));
          answers.push([rule.url, status]);
        }
      }
    });
    expect(scans).toBe(0);
    expect(answers.filter(([url, status]) => status !== 200 && (status > 499 || REPORTS.includes(url)))).toEqual([]);
  });

  it('are scanned by the preview of a price book, and the count shows it', async () => {
    const scans = await scansOf(async (call) => {
      const path = '/api/organizations/acme/price-book/preview';
      expect(await call('POST', path, { from: `${DAY}T00:00:00Z` })).toMatchObject({ status: 200 });
    });
    expect(scans).toBeGreaterThan(0);
  });
});
