import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { limitKey, parseCounterId, uuidv7 } from '@penstock/domain';
import type { UsageRecord } from '@penstock/dto';
import { type CreatedApp, Metrics } from '@penstock/platform';
import { waitFor, WebhookReceiver } from '@penstock/testing';
import { Webhook } from 'standardwebhooks';

import { BudgetWatch } from '../src/alerts/budget-watch.js';
import { UsageRecordProcessor } from '../src/usage/usage-record.processor.js';
import { WebhookDeliverer } from '../src/webhooks/webhook-deliverer.js';
import { createTenant, putSettled, settledCall, type TestTenant } from './support/calls.js';
import { createWebhook, type TestWebhook } from './support/webhooks.js';
import { createWorker, startWorker, type WorkerApp } from './support/worker-app.js';

const HOUR_MS = 3_600_000;
/** One percent of the budget of a test tenant, which is $1,000. */
const PERCENT = 10_000_000_000n;
const env = { PENSTOCK_WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' };

describe('alerts of a budget', () => {
  let worker: WorkerApp;
  let other: CreatedApp;
  let receiver: WebhookReceiver;
  let tenant: TestTenant;
  let webhook: TestWebhook;
  let path: string;

  beforeAll(async () => {
    worker = await startWorker(env);
    other = await createWorker({ ...env, DATABASE_URL: worker.database.url, REDIS_URL: worker.redisServer.url });
    receiver = await WebhookReceiver.start();
  });
  afterAll(async () => {
    await receiver.stop();
    await other.leave();
    await worker.stop();
  });
  beforeEach(async () => {
    tenant = await createTenant(worker.db, worker.redis);
    path = `/${tenant.id}`;
    webhook = await createWebhook(worker.db, tenant.id, receiver.url(path));
    await watch('50,80');
  });
  // What a test leaves must not be raised in the pass of another.
  afterEach(() => worker.db.query(`UPDATE governance.budgets SET thresholds = '{}'`));

  const budgetCounter = (): string => tenant.counters[2];
  const budgetSeq = (): string => parseCounterId(budgetCounter()).limitKey.slice(1);

  /** Sets the thresholds, and perhaps more, of the tenant's budget. */
  async function watch(thresholds: string, more = ''): Promise<void> {
    await worker.db.query(
      `UPDATE governance.budgets SET thresholds = '{${thresholds}}' ${more} WHERE customer_id = $1`,
      [tenant.id],
    );
  }

  /** Lays the windows of the budget so that the current one began so long ago. */
  async function beginWindowAgo(ageMs: number): Promise<number> {
    const startMs = Date.now() - ageMs;
    await worker.db.query('UPDATE governance.budgets SET anchor_at = $2 WHERE customer_id = $1', [
      tenant.id,
      new Date(startMs),
    ]);
    const counter = `${limitKey('nano_usd', BigInt(Number.parseInt(budgetSeq(), 36)))}.0.${startMs.toString(36)}`;
    tenant = { ...tenant, windowStartMs: startMs, counters: [tenant.counters[0], tenant.counters[1], counter] };
    return startMs;
  }

  function spend(percent: bigint, change: Partial<UsageRecord> = {}): UsageRecord {
    return settledCall(tenant, { costNanoUsd: String(percent * PERCENT), ...change });
  }

  async function record(app: CreatedApp, ...records: readonly UsageRecord[]): Promise<void> {
    const data = { schemaVersion: 1, batches: [{ tenantId: tenant.id, ids: records.map(({ id }) => id) }] };
    await app.app.get(UsageRecordProcessor).process({ data });
  }

  async function settle(...records: readonly UsageRecord[]): Promise<void> {
    await putSettled(worker.redis, ...records);
    await record(worker.created, ...records);
    await worker.get(BudgetWatch).flush();
  }

  async function alerts(): Promise<{ kind: string; threshold_percent: number | null; [column: string]: unknown }[]> {
    return worker.db.query(`SELECT * FROM governance.alerts WHERE tenant_id = $1 ORDER BY id`, [tenant.id]);
  }

  it('reach the webhook exactly once per threshold and window though two workers run and records come again', async () => {
    const apps = [worker.created, other];
    const everywhere = async (work: (app: CreatedApp) => Promise<void>): Promise<void> => {
      await Promise.all(apps.map(work));
    };
    for (const [percent, events] of [
      [55n, 1],
      [10n, 1],
      [20n, 2],
    ] as const) {
      const call = spend(percent);
      await putSettled(worker.redis, call);
      await everywhere((app) => record(app, call));
      await putSettled(worker.redis, call);
      await everywhere((app) => record(app, call));
      await everywhere((app) => app.app.get(BudgetWatch).flush());
      await everywhere((app) => app.app.get(BudgetWatch).lookAtAll());
      await everywhere((app) => app.app.get(WebhookDeliverer).deliverDue());
      await everywhere((app) => app.app.get(WebhookDeliverer).deliverDue());

      expect(receiver.at(path)).toHaveLength(events);
    }

    const [first, second] = receiver.at(path);
    expect(new Webhook(webhook.secret).verify(first?.text ?? '', { ...first?.headers })).toEqual(first?.body);
    expect(first?.body).toEqual({
      schema_version: 1,
      type: 'budget.threshold_reached',
      id: first?.headers['webhook-id'],
      created_at: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/),
      data: {
        budget_id: expect.any(String),
        tenant_id: tenant.id,
        owners: [{ entity: 'customer', id: tenant.id, name: 'Customer' }],
        window: {
          start_at: new Date(tenant.windowStartMs).toISOString(),
          end_at: new Date(tenant.windowStartMs + 24 * HOUR_MS).toISOString(),
        },
        used_cents: 55_000,
        cap_cents: 100_000,
        used_nano_usd: '550000000000',
        cap_nano_usd: '1000000000000',
        threshold_percent: 50,
      },
    });
    expect(second?.body.data).toMatchObject({ threshold_percent: 80, used_cents: 85_000 });
  });

  it('follow usage by themselves, without a pass over all budgets', async () => {
    const call = spend(90n);
    await putSettled(worker.redis, call);
    await record(worker.created, call);

    await waitFor(async () => (await alerts()).length === 2, { what: 'both thresholds' });
    expect((await alerts()).map((alert) => alert.threshold_percent)).toEqual([50, 80]);
    expect(await worker.get(Metrics).text()).toMatch(/penstock_budget_alerts_total\{kind="threshold".*\} [1-9]/);
  });

  it('are raised by a pass over all budgets when the worker died after it recorded usage', async () => {
    await worker.db.query(
      `INSERT INTO ledger.limit_windows (counter_id, limit_key, generation, window_start_at, used, updated_at)
       VALUES ($1, $2, 0, $3, $4, now())`,
      [budgetCounter(), `c${budgetSeq()}`, new Date(tenant.windowStartMs), String(50n * PERCENT)],
    );
    await worker.get(BudgetWatch).lookAtAll();

    expect((await alerts()).map((alert) => alert.threshold_percent)).toEqual([50]);
  });

  it('name the moment when the budget is empty at its average pace, once', async () => {
    await watch('100');
    const startMs = await beginWindowAgo(12 * HOUR_MS);
    await settle(spend(60n));
    const latestMs = Date.now();
    await settle(spend(10n));
    await worker.get(WebhookDeliverer).deliverDue();

    expect(receiver.at(path).map(({ body }) => body.type)).toEqual(['budget.forecast_exhaustion']);
    const [event] = receiver.at(path);
    const exhaustsAtMs = Date.parse(event?.body.data.exhausts_at);
    expect(exhaustsAtMs).toBeGreaterThanOrEqual(startMs + (12 * HOUR_MS) / 0.6);
    expect(exhaustsAtMs).toBeLessThanOrEqual(startMs + (latestMs - startMs) / 0.6 + 1);
    expect(event?.body.data).not.toHaveProperty('threshold_percent');
  });

  it('are raised again in the window after a usage reset', async () => {
    await settle(spend(50n));
    await worker.db.query('UPDATE governance.budgets SET generation = 1 WHERE customer_id = $1', [tenant.id]);
    const counter = budgetCounter().replace('.0.', '.1.');
    await settle(spend(50n, { counters: [counter] }));

    expect((await alerts()).map(({ generation, threshold_percent: percent }) => [generation, percent])).toEqual([
      [0, 50],
      [1, 50],
    ]);
  });

  it('are raised for the window in which a call began, also when it is settled in the next', async () => {
    const startMs = await beginWindowAgo(25 * HOUR_MS);
    await watch('50', `, updated_at = now() - interval '2 days'`);
    await settle(spend(60n));

    const [alert] = await alerts();
    expect(alert?.['window_start_at']).toEqual(new Date(startMs));
    expect(alert?.['kind']).toBe('threshold');
  });

  it('are not raised for a window that was over before the thresholds were set', async () => {
    await beginWindowAgo(24 * HOUR_MS + 60_000);
    await watch('50', ', updated_at = now()');
    await settle(spend(60n));
    await worker.get(BudgetWatch).lookAtAll();

    expect(await alerts()).toEqual([]);
  });

  it('measure usage against what is in force: with a temporary raise', async () => {
    await worker.db.query(
      `INSERT INTO governance.budget_raises (id, budget_id, amount_cents, starts_at, ends_at, created_at)
       SELECT $2, id, 100000, now() - interval '1 hour', now() + interval '1 hour', now()
       FROM governance.budgets WHERE customer_id = $1`,
      [tenant.id, uuidv7()],
    );
    await settle(spend(90n));
    expect(await alerts()).toEqual([]);
    await settle(spend(10n));

    expect(await alerts()).toMatchObject([{ threshold_percent: 50, cap_nano_usd: String(200n * PERCENT) }]);
  });

  it('of a shared budget name everybody whom it pays for', async () => {
    await watch('50', `, customer_id = NULL, shared_tenant_id = customer_id, name = 'Research'`);
    await worker.db.query(
      `INSERT INTO governance.budget_attachments (id, budget_id, virtual_key_id, created_at)
       SELECT $2, id, $3, now() FROM governance.budgets WHERE shared_tenant_id = $1`,
      [tenant.id, uuidv7(), tenant.keyId],
    );
    await settle(spend(50n));

    const [alert] = await alerts();
    expect(alert?.['owners']).toEqual([
      { entity: 'shared_budget', id: alert?.['budget_id'], name: 'Research' },
      { entity: 'virtual_key', id: tenant.keyId, name: `key ${tenant.keyId}` },
    ]);
  });

  it('concern no budget without thresholds', async () => {
    await watch('');
    await beginWindowAgo(12 * HOUR_MS);
    await settle(spend(99n));
    await worker.get(BudgetWatch).lookAtAll();

    expect(await alerts()).toEqual([]);
  });

  it('stay within the tenant, and are owed to active webhooks only', async () => {
    const stranger = await createTenant(worker.db, worker.redis);
    await createWebhook(worker.db, stranger.id, receiver.url(`/${stranger.id}`));
    await createWebhook(worker.db, tenant.id, receiver.url(`${path}/inactive`), false);
    await settle(spend(50n));
    await worker.get(WebhookDeliverer).deliverDue();

    expect(receiver.at(path)).toHaveLength(1);
    expect(receiver.at(`${path}/inactive`)).toEqual([]);
    expect(receiver.at(`/${stranger.id}`)).toEqual([]);
  });
});
