import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { uuidv7 } from '@penstock/domain';
import { AlertRecorder, type NewBudgetAlert } from '@penstock/management';
import { type CreatedApp, createLogger, Metrics } from '@penstock/platform';
import { waitFor, WebhookReceiver } from '@penstock/testing';
import { Webhook } from 'standardwebhooks';

import { AlertPurge } from '../src/alerts/alert-purge.js';
import { WebhookDeliverer } from '../src/webhooks/webhook-deliverer.js';
import { createTenant } from './support/calls.js';
import { createWebhook, deliveriesOf, makeDue, type TestWebhook } from './support/webhooks.js';
import { createWorker, startWorker, type WorkerApp } from './support/worker-app.js';

const ATTEMPTS_MAX = 3;
const env = { PENSTOCK_WEBHOOK_ATTEMPTS_MAX: String(ATTEMPTS_MAX), PENSTOCK_WEBHOOK_RETRY_BASE_MS: '3600000' };

describe('webhook deliveries', () => {
  let worker: WorkerApp;
  let other: CreatedApp;
  let strict: CreatedApp;
  let receiver: WebhookReceiver;
  let tenantId: string;
  let webhook: TestWebhook;
  const logged: string[] = [];

  beforeAll(async () => {
    worker = await startWorker({ ...env, PENSTOCK_WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' });
    const stores = { DATABASE_URL: worker.database.url, REDIS_URL: worker.redisServer.url };
    const logger = createLogger('worker-test', { level: 'trace', destination: { write: (line) => logged.push(line) } });
    other = await createWorker({ ...env, ...stores, PENSTOCK_WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' }, logger);
    strict = await createWorker({ ...env, ...stores });
    receiver = await WebhookReceiver.start();
  });
  afterAll(async () => {
    await receiver.stop();
    await strict.leave();
    await other.leave();
    await worker.stop();
  });
  beforeEach(async () => {
    receiver.answer = () => ({ status: 204 });
    receiver.received.length = 0;
    tenantId = (await createTenant(worker.db, worker.redis)).id;
    webhook = await createWebhook(worker.db, tenantId, receiver.url());
  });
  afterEach(() => worker.db.query('DELETE FROM governance.alerts'));

  function newAlert(change: Partial<NewBudgetAlert> = {}): NewBudgetAlert {
    return {
      tenantId,
      budgetId: uuidv7(),
      limitKey: `c${uuidv7()}`,
      generation: 0,
      windowStartAt: new Date('2026-01-01T00:00:00Z'),
      windowEndAt: new Date(Date.now() + 3_600_000),
      kind: 'threshold',
      thresholdPercent: 80,
      usedNanoUsd: 8n * 10n ** 30n + 1n,
      capNanoUsd: 10n ** 31n,
      exhaustsAt: null,
      owners: [{ entity: 'customer', id: tenantId, name: 'Customer' }],
      ...change,
    };
  }

  async function raise(...alerts: readonly NewBudgetAlert[]): Promise<number> {
    const recorder = worker.get(AlertRecorder);
    return (await worker.db.transaction((tx) => recorder.record(tx, alerts, new Date()))).length;
  }

  const deliver = (app: CreatedApp = worker.created): Promise<void> => app.app.get(WebhookDeliverer).deliverDue();

  /** Lets every attempt happen that is going to happen. */
  async function deliverToTheEnd(app?: CreatedApp): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX + 2; attempt += 1) {
      await makeDue(worker.db);
      await deliver(app);
    }
  }

  it('come into being with their alert, or not at all', async () => {
    const recorder = worker.get(AlertRecorder);
    const failing = worker.db.transaction(async (tx) => {
      await recorder.record(tx, [newAlert()], new Date());
      throw new Error('too late');
    });
    await expect(failing).rejects.toThrow('too late');

    expect(await deliveriesOf(worker.db, webhook)).toEqual([]);
    expect(await worker.db.query('SELECT FROM governance.alerts')).toEqual([]);
  });

  it('exist once, however many workers notice the same alerts at the same time', async () => {
    const forecast = newAlert({ kind: 'forecast', thresholdPercent: null, exhaustsAt: new Date() });
    const alerts = [newAlert(), newAlert(), forecast];
    const raised = await Promise.all([raise(...alerts), raise(...alerts.toReversed()), raise(forecast)]);

    expect(raised.reduce((a, b) => a + b)).toBe(3);
    expect(await deliveriesOf(worker.db, webhook)).toHaveLength(3);
  });

  it('are sent by one of several workers, exact amounts and all', async () => {
    receiver.answer = async () => {
      await Promise.all([deliver(), deliver(other)]);
      return { status: 200 };
    };
    await raise(newAlert());
    await Promise.all([deliver(), deliver(other), deliver()]);

    expect(receiver.received).toHaveLength(1);
    expect(receiver.received[0]?.body.data.used_nano_usd).toBe('8000000000000000000000000000001');
    expect(await deliveriesOf(worker.db, webhook)).toMatchObject([
      { status: 'delivered', attempts: 1, last_status: 200, last_error: null, delivered_at: expect.any(Date) },
    ]);
  });

  it('are tried again after failures, with the same id and body and a new signature, until they are taken', async () => {
    const statuses = [500, 503, 202];
    receiver.answer = () => ({ status: statuses[receiver.received.length - 1] ?? 500 });
    await raise(newAlert());
    await deliver();
    await deliver();
    expect(receiver.received).toHaveLength(1);
    expect(await deliveriesOf(worker.db, webhook)).toMatchObject([
      { status: 'pending', attempts: 1, last_status: 500, last_error: 'the receiver answered 500' },
    ]);
    await deliverToTheEnd();

    expect(receiver.received).toHaveLength(3);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.received.map(({ text }) => text)).size).toBe(1);
    const verifier = new Webhook(webhook.secret);
    for (const { text, headers } of receiver.received) verifier.verify(text, { ...headers });
    expect(await deliveriesOf(worker.db, webhook)).toMatchObject([{ status: 'delivered', attempts: 3 }]);
  });

  it('are given up after the last attempt, counted and logged without a secret', async () => {
    receiver.answer = () => ({ status: 500, body: webhook.secret });
    await raise(newAlert());
    await deliverToTheEnd(other);

    expect(receiver.received).toHaveLength(ATTEMPTS_MAX);
    expect(await deliveriesOf(worker.db, webhook)).toMatchObject([{ status: 'dead', attempts: ATTEMPTS_MAX }]);
    await other.app.get(WebhookDeliverer).measure();
    const metrics = await other.app.get(Metrics).text();
    expect(metrics).toMatch(/penstock_webhook_deliveries_total\{result="dead".*\} 1/);
    expect(metrics).toMatch(/penstock_webhook_deliveries_total\{result="failed".*\} 2/);
    expect(metrics).toMatch(/penstock_webhook_deliveries_dead\{.*\} 1/);
    expect(metrics).toMatch(/penstock_webhook_deliveries_pending\{.*\} 0/);
    expect(logged.join('')).toContain('a webhook event was given up');
    expect(logged.join('')).not.toContain('whsec_');
    expect(logged.join('')).not.toContain(webhook.secret.slice(6));
  });

  it('are given up at once when the receiver is gone for good', async () => {
    receiver.answer = () => ({ status: 410 });
    await raise(newAlert());
    await deliver();

    expect(await deliveriesOf(worker.db, webhook)).toMatchObject([{ status: 'dead', attempts: 1, last_status: 410 }]);
  });

  it('of a worker that died while sending are sent again when its lease ends', async () => {
    await raise(newAlert());
    let answer: (() => void) | undefined;
    receiver.answer = () =>
      receiver.received.length > 1
        ? { status: 204 }
        : new Promise((resolve) => {
            answer = () => resolve({ status: 500 });
          });
    const dying = deliver();
    await waitFor(() => receiver.received.length === 1, { what: 'the first attempt' });
    await deliver(other);
    expect(receiver.received).toHaveLength(1);

    await makeDue(worker.db);
    await deliver(other);
    expect(await deliveriesOf(worker.db, webhook)).toMatchObject([{ status: 'delivered', attempts: 2 }]);

    // It was not dead after all: what it has to say comes too late.
    answer?.();
    await dying;
    expect(await deliveriesOf(worker.db, webhook)).toMatchObject([{ status: 'delivered', attempts: 2 }]);
  });

  it('wait while their webhook is not active', async () => {
    await raise(newAlert());
    await worker.db.query('UPDATE governance.webhooks SET is_active = false WHERE id = $1', [webhook.id]);
    await deliver();
    expect(receiver.received).toEqual([]);
    await worker.db.query('UPDATE governance.webhooks SET is_active = true WHERE id = $1', [webhook.id]);
    await deliver();

    expect(receiver.received).toHaveLength(1);
  });

  it('are all sent, many more than go at once', async () => {
    await raise(...Array.from({ length: 50 }, () => newAlert()));
    await deliver();

    expect(new Set(receiver.received.map(({ body }) => body.id)).size).toBe(50);
    expect(receiver.received).toHaveLength(50);
  });

  it.each([
    ['an address', (port: number) => `https://127.0.0.1:${port}/`, 'the URL points to an address that is not public'],
    ['a name', (port: number) => `https://localhost:${port}/`, 'the host points to an address that is not public'],
    ['plain http', (port: number) => `http://localhost:${port}/`, 'the URL must start with https://'],
  ])('never reach an address inside through %s in the database', async (_name, urlOf, reason) => {
    await worker.db.query('UPDATE governance.webhooks SET url = $2 WHERE id = $1', [webhook.id, urlOf(receiver.port)]);
    await raise(newAlert());
    await deliver(strict);

    expect(receiver.received).toEqual([]);
    const [delivery] = await deliveriesOf(worker.db, webhook);
    expect(delivery).toMatchObject({ status: 'pending', attempts: 1, last_status: null });
    expect(delivery?.last_error).toContain(reason);
  });

  it('follow no redirect, to a metadata service or anywhere', async () => {
    receiver.answer = () => ({ status: 302, headers: { location: receiver.url('/latest/meta-data') } });
    await raise(newAlert());
    await deliver();

    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook']);
    expect(await deliveriesOf(worker.db, webhook)).toMatchObject([
      { status: 'pending', last_error: 'the receiver answered 302' },
    ]);
  });

  it('are tried again when the secret does not open, and say where to look', async () => {
    await worker.db.query('UPDATE governance.webhooks SET secret_key_version = 9 WHERE id = $1', [webhook.id]);
    await raise(newAlert());
    await deliver(other);

    expect(receiver.received).toEqual([]);
    expect((await deliveriesOf(worker.db, webhook))[0]?.last_error).toContain('could not be signed');
    expect(logged.join('')).toContain('key version 9 is not in PENSTOCK_ENCRYPTION_KEYS');
  });

  it('are forgotten long after the window of their alert, not before', async () => {
    const long = newAlert({ windowEndAt: new Date(Date.now() - 91 * 86_400_000) });
    await raise(newAlert(), long, newAlert({ windowEndAt: new Date(Date.now() - 89 * 86_400_000) }));
    await worker.get(AlertPurge).purge();

    expect(await deliveriesOf(worker.db, webhook)).toHaveLength(2);
  });
});
