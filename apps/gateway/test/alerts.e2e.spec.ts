import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simulated, waitFor, WebhookReceiver } from '@penstock/testing';

import { Proof, ROOMY, type Tenant } from './support/proof.js';

/** Costs 0.4 cents and a little, a tenth of the budget. */
const TENTH = { max_tokens: 1_000, messages: simulated({ promptTokens: 10, completionTokens: 1_000 }) };

describe('alerts through all processes', () => {
  let proof: Proof;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    receiver = await WebhookReceiver.start();
    proof = await Proof.start({ workers: 2, env: { PENSTOCK_WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' } });
  });
  afterAll(async () => {
    await proof?.stop();
    await receiver.stop();
  });

  /** A tenant whose customer has 4 cents a day and a webhook of its own. */
  async function createWatched(): Promise<{ tenant: Tenant; percents: () => number[] }> {
    const tenant = await proof.createTenant({ customer: ROOMY });
    await proof.governance.request('PUT', `/customers/${tenant.id}`, {
      budget: { max_limit: 4, reset_duration: '1d', thresholds: [50, 80] },
    });
    const path = `/${tenant.id}`;
    const { status } = await proof.governance.request('POST', '/webhooks', {
      customer_id: tenant.id,
      url: receiver.url(path),
    });
    expect(status).toBe(201);
    return { tenant, percents: () => receiver.at(path).map(({ body }) => body.data.threshold_percent) };
  }

  async function spendTenths(tenant: Tenant, count: number): Promise<void> {
    for (let done = 0; done < count; done += 1) {
      const { status, text } = await proof.call(tenant, { gateway: done % 2, body: TENTH });
      expect([status, text.slice(0, 300)]).toEqual([200, expect.any(String)]);
    }
  }

  it('arrive once each as calls reach the thresholds, and are listed', async () => {
    const { tenant, percents } = await createWatched();
    await spendTenths(tenant, 6);
    await waitFor(() => percents().length > 0, { what: 'the first webhook' });
    expect(percents()).toEqual([50]);
    await spendTenths(tenant, 3);
    await waitFor(() => percents().length > 1, { what: 'the second webhook' });
    await proof.settled(tenant);

    expect(percents()).toEqual([50, 80]);
    const { body } = await proof.governance.request('GET', `/alerts?customer_id=${tenant.id}`);
    expect(body).toMatchObject({ count: 2, alerts: [{ threshold_percent: 80 }, { threshold_percent: 50 }] });
  });

  it('arrive although every worker is killed while the calls are on their way to the ledger', async () => {
    const { tenant, percents } = await createWatched();
    await spendTenths(tenant, 9);
    await Promise.all(proof.stack.workers.map((worker) => worker.kill()));
    await Promise.all(proof.stack.workers.map((worker) => worker.restart()));
    await waitFor(() => new Set(percents()).size === 2, { what: 'both webhooks', timeoutMs: 60_000 });
    await proof.settled(tenant);

    const { body } = await proof.governance.request('GET', `/alerts?customer_id=${tenant.id}`);
    expect(body).toMatchObject({ count: 2 });
    // One that was being sent as its worker died comes again, and says so by its id.
    const ids = receiver.at(`/${tenant.id}`).map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(2);
  });
});
