import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { uuidv7 } from '@penstock/domain';
import { AlertEntity, AuditEntryEntity, findBrokenLink, WebhookDeliveryEntity } from '@penstock/entities';
import { WebhookReceiver } from '@penstock/testing';
import { Webhook } from 'standardwebhooks';

import { type Answer, type GovernanceApp, type Json, startGovernance } from './support/governance-app.js';
import { loginAs } from './support/operators.js';
import { leaveDelivery } from './support/webhook-rows.js';

const UNKNOWN = '01970000-0000-7000-8000-000000000000';
const URL_OUTSIDE = 'https://example.com/hooks';

describe('webhooks', () => {
  let app: GovernanceApp;
  let receiver: WebhookReceiver;
  let customer: Json;

  beforeAll(async () => {
    // 127.0.0.2 stands for what an operator has not vouched for.
    app = await startGovernance({ env: { PENSTOCK_WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1/32' } });
    receiver = await WebhookReceiver.start();
  });
  afterAll(async () => {
    await receiver.stop();
    await app.stop();
  });
  beforeEach(async () => {
    receiver.received.length = 0;
    receiver.answer = () => ({ status: 200, body: 'thanks' });
    customer = await app.create('customers', { name: 'Acme' });
  });

  const post = (body: Json): Promise<Answer> => app.call('POST', '/webhooks', body);
  const register = async (body: Json = {}): Promise<{ webhook: Json; secret: string }> => {
    const answer = await post({ customer_id: customer.id, url: URL_OUTSIDE, ...body });
    if (answer.status !== 201) throw new Error(`answered ${answer.status}: ${answer.text}`);
    return answer.body;
  };
  const auditOf = (tenantId: string): Promise<AuditEntryEntity[]> =>
    app.db.getRepository(AuditEntryEntity).find({ where: { tenantId }, order: { position: 'ASC' } });
  const lastAudit = async (): Promise<AuditEntryEntity | undefined> => (await auditOf(customer.id)).at(-1);

  it('are no more than a hundred for one customer', async () => {
    const crowded = await app.create('customers', { name: 'crowded' });
    await app.db.query(
      `INSERT INTO governance.webhooks SELECT (jsonb_populate_record(w, jsonb_build_object('id', gen_random_uuid()))).*
       FROM governance.webhooks w, generate_series(1, 100) n WHERE w.id = $1`,
      [(await app.call('POST', '/webhooks', { customer_id: crowded.id, url: URL_OUTSIDE })).body.webhook.id],
    );
    const answer = await app.call('POST', '/webhooks', { customer_id: crowded.id, url: URL_OUTSIDE });
    expect([answer.status, answer.body.error]).toEqual([400, expect.stringContaining('100 webhooks')]);
  });

  it('are created, read, changed and deleted', async () => {
    const created = await post({ customer_id: customer.id, url: URL_OUTSIDE, description: 'Pager' });
    expect(created.status).toBe(201);
    const { webhook } = created.body;
    expect(created.body).toEqual({
      message: 'Webhook created successfully',
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      webhook: {
        id: expect.any(String),
        customer_id: customer.id,
        url: URL_OUTSIDE,
        description: 'Pager',
        is_active: true,
        created_at: expect.any(String),
        updated_at: expect.any(String),
      },
    });
    expect((await app.call('GET', `/webhooks/${webhook.id}`)).body).toEqual({ webhook });
    expect((await app.call('GET', `/webhooks?customer_id=${customer.id}`)).body).toEqual({
      webhooks: [webhook],
      count: 1,
    });

    const changed = await app.call('PUT', `/webhooks/${webhook.id}`, { url: `${URL_OUTSIDE}/2`, is_active: false });
    expect(changed.status).toBe(200);
    expect(changed.body.webhook).toEqual({
      ...webhook,
      url: `${URL_OUTSIDE}/2`,
      is_active: false,
      updated_at: expect.any(String),
    });
    expect(Date.parse(changed.body.webhook.updated_at)).toBeGreaterThan(Date.parse(webhook.updated_at));

    const deleted = await app.call('DELETE', `/webhooks/${webhook.id}`);
    expect(deleted.body).toEqual({ message: 'Webhook deleted successfully' });
    expect((await app.call('GET', `/webhooks/${webhook.id}`)).status).toBe(404);
  });

  it('leave policies alone: no epoch, no message, but an audit entry each, without the secret', async () => {
    const epoch = await app.epochOf(customer.id);
    const { webhook, secret } = await register({ url: `${URL_OUTSIDE}?token=t0ken` });
    await app.call('PUT', `/webhooks/${webhook.id}`, { description: 'Pager' });
    await app.call('PUT', `/webhooks/${webhook.id}`, { description: 'Pager' });
    const rotated = await app.call('POST', `/webhooks/${webhook.id}/rotate-secret`);
    await app.call('DELETE', `/webhooks/${webhook.id}`);

    const chain = await auditOf(customer.id);
    expect(chain.map(({ action }) => action)).toEqual([
      'customer.created',
      'webhook.created',
      'webhook.updated',
      'webhook.secret_rotated',
      'webhook.deleted',
    ]);
    expect(findBrokenLink(chain)).toBe(-1);
    expect(chain[2]).toMatchObject({
      entityType: 'webhook',
      entityId: webhook.id,
      before: { customer_id: customer.id, secret: '[redacted]' },
      after: { description: 'Pager', secret: '[redacted]' },
    });
    const text = JSON.stringify(chain);
    for (const word of ['whsec_', secret.slice(6), rotated.body.secret.slice(6), 't0ken']) {
      expect(text).not.toContain(word);
    }
    expect(await app.epochOf(customer.id)).toBe(epoch);
    const messages = await app.db.query('SELECT FROM governance.outbox_messages WHERE tenant_id = $1', [customer.id]);
    expect(messages).toHaveLength(epoch);
  });

  it('show a secret when it is made and never again, and keep it sealed', async () => {
    const { webhook, secret } = await register();
    const rotated = await app.call('POST', `/webhooks/${webhook.id}/rotate-secret`);
    expect(rotated.status).toBe(200);
    expect(rotated.body.secret).toMatch(/^whsec_/);
    expect(rotated.body.secret).not.toBe(secret);

    const answers = await Promise.all([
      app.call('GET', '/webhooks'),
      app.call('GET', `/webhooks/${webhook.id}`),
      app.call('PUT', `/webhooks/${webhook.id}`, { description: 'x' }),
      app.call('POST', `/webhooks/${webhook.id}/test`),
    ]);
    for (const { text } of answers) expect(text).not.toMatch(/whsec_|secret|cipher/);
    const [row] = await app.db.query('SELECT secret_ciphertext FROM governance.webhooks WHERE id = $1', [webhook.id]);
    expect(row.secret_ciphertext.toString('latin1')).not.toContain('whsec_');
  });

  it('show role user where they go, but not what opens the receiver', async () => {
    const { webhook } = await register({ url: 'https://chat.example.com/services/T0/t0ken?key=t0ken' });
    const [user, admin] = [await loginAs(app, 'user'), await loginAs(app, 'admin')];
    for (const path of [`/webhooks/${webhook.id}`, `/webhooks?customer_id=${customer.id}`]) {
      const shown = await app.raw('GET', `/api/governance${path}`, user.headers);
      expect(shown.text).toContain('"url":"https://chat.example.com/..."');
      expect(shown.text).not.toContain('t0ken');
      expect((await app.raw('GET', `/api/governance${path}`, admin.headers)).text).toContain(webhook.url);
    }
  });

  it('belong to a customer, or to a team without customer', async () => {
    const free = await app.create('teams', { name: 'free' });
    const owned = await app.create('teams', { name: 'owned', customer_id: customer.id });

    const ofTeam = await post({ team_id: free.id, url: URL_OUTSIDE });
    expect(ofTeam.body.webhook).toMatchObject({ team_id: free.id });
    expect(ofTeam.body.webhook).not.toHaveProperty('customer_id');
    expect((await app.call('GET', `/webhooks?team_id=${free.id}`)).body.count).toBe(1);
    const refused: [Json, string][] = [
      [{ url: URL_OUTSIDE }, 'Give customer_id'],
      [{ customer_id: '', team_id: null, url: URL_OUTSIDE }, 'Give customer_id'],
      [{ customer_id: customer.id, team_id: free.id, url: URL_OUTSIDE }, 'not both'],
      [{ team_id: owned.id, url: URL_OUTSIDE }, 'belongs to a customer'],
      [{ customer_id: UNKNOWN, url: URL_OUTSIDE }, 'no customer'],
      [{ team_id: 'x', url: URL_OUTSIDE }, 'no team'],
    ];
    for (const [body, words] of refused) {
      const answer = await post(body);
      expect([answer.status, answer.body.error]).toEqual([400, expect.stringContaining(words)]);
    }

    const moved = await app.call('PUT', `/webhooks/${ofTeam.body.webhook.id}`, { customer_id: customer.id });
    expect(moved.body.webhook).toMatchObject({ customer_id: customer.id });
    expect(moved.body.webhook).not.toHaveProperty('team_id');
  });

  it('go with their owner', async () => {
    const { webhook } = await register();
    await app.call('DELETE', `/customers/${customer.id}`);

    expect((await app.call('GET', `/webhooks/${webhook.id}`)).status).toBe(404);
  });

  it.each([
    ['http://8.8.8.8/', 'https://'],
    ['ftp://example.com/', 'https://'],
    ['https://user:password@example.com/', 'user name'],
    ['https://127.0.0.2/', 'not public'],
    ['https://169.254.169.254/latest/meta-data', 'not public'],
    ['https://[::1]/', 'not public'],
    ['https://0x7f000002/', 'not public'],
    ['nonsense', 'absolute URL'],
    ['', 'empty'],
    [7, 'string'],
    [undefined, 'url'],
  ])('refuse the url %p, also when it is changed', async (url, words) => {
    const created = await post({ customer_id: customer.id, url });
    expect([created.status, created.body.error]).toEqual([400, expect.stringContaining(words)]);
    if (url === undefined) return;
    const { webhook } = await register();
    const changed = await app.call('PUT', `/webhooks/${webhook.id}`, { url });
    expect([changed.status, changed.body.error]).toEqual([400, expect.stringContaining(words)]);
    expect((await app.call('GET', `/webhooks/${webhook.id}`)).body.webhook.url).toBe(URL_OUTSIDE);
  });

  it.each([
    ['is_active', 'yes'],
    ['is_active', 1],
    ['description', 5],
    ['description', 'nul \0'],
    ['customer_id', 5],
    ['team_id', {}],
  ])('take no %s of %p', async (field, value) => {
    expect((await post({ customer_id: customer.id, url: URL_OUTSIDE, [field]: value })).status).toBe(400);
  });

  it('are not found by unknown ids', async () => {
    const answers = await Promise.all([
      app.call('GET', `/webhooks/${UNKNOWN}`),
      app.call('PUT', `/webhooks/${UNKNOWN}`, {}),
      app.call('DELETE', '/webhooks/nonsense'),
      app.call('POST', `/webhooks/${UNKNOWN}/test`),
      app.call('POST', `/webhooks/${UNKNOWN}/rotate-secret`),
      app.call('POST', `/webhook-deliveries/${UNKNOWN}/retry`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
  });

  it('need an operator credential on every route', async () => {
    const routes = [
      ['GET', '/webhooks'],
      ['POST', '/webhooks'],
      ['GET', `/webhooks/${UNKNOWN}`],
      ['PUT', `/webhooks/${UNKNOWN}`],
      ['DELETE', `/webhooks/${UNKNOWN}`],
      ['POST', `/webhooks/${UNKNOWN}/test`],
      ['POST', `/webhooks/${UNKNOWN}/rotate-secret`],
      ['GET', '/webhook-deliveries'],
      ['POST', `/webhook-deliveries/${UNKNOWN}/retry`],
      ['GET', '/alerts'],
    ] as const;
    for (const [method, path] of routes) {
      expect([path, (await app.raw(method, `/api/governance${path}`, {})).status]).toEqual([path, 401]);
    }
  });

  describe('that are tested', () => {
    it('receive a signed event at once, and the answer says what the receiver said', async () => {
      app.clock.set(Date.now());
      const { webhook, secret } = await register({ url: receiver.url(), is_active: false });
      const answer = await app.call('POST', `/webhooks/${webhook.id}/test`);

      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({
        message: 'The receiver took the test event',
        is_delivered: true,
        status: 200,
        body: 'thanks',
      });
      const [request] = receiver.received;
      expect(new Webhook(secret).verify(request?.text ?? '', { ...request?.headers })).toMatchObject({
        type: 'webhook.test',
        data: { webhook_id: webhook.id },
      });
      expect(await lastAudit()).toMatchObject({ action: 'webhook.tested', entityId: webhook.id });
    });

    it.each([500, 302, 404])('say so when the receiver answers %i', async (status) => {
      receiver.answer = () => ({ status, headers: { location: receiver.url('/inside') }, body: 'no' });
      const { webhook } = await register({ url: receiver.url() });
      const answer = await app.call('POST', `/webhooks/${webhook.id}/test`);

      expect(answer.body).toEqual({
        message: `The receiver answered ${status}`,
        is_delivered: false,
        status,
        body: 'no',
      });
      expect(receiver.received).toHaveLength(1);
    });
  });

  describe('deliveries', () => {
    let webhook: Json;
    let deliveryId: string;

    const leave = (delivery: Partial<WebhookDeliveryEntity> = {}, alert: Partial<AlertEntity> = {}): Promise<string> =>
      leaveDelivery(app.db, webhook, new Date(app.clock.now()), { delivery, alert });

    beforeEach(async () => {
      ({ webhook } = await register());
      deliveryId = await leave();
    });

    const list = async (query: string): Promise<Json[]> =>
      (await app.call('GET', `/webhook-deliveries?webhook_id=${webhook.id}&${query}`)).body.webhook_deliveries;

    it('that were given up are the dead-letter list, in pages, newest first', async () => {
      await leave({ status: 'delivered', deliveredAt: new Date() });
      await leave({ status: 'pending' });
      app.clock.advance(1_000);
      const newest = await leave();

      expect((await list('status=dead')).map(({ id }) => id)).toEqual([newest, deliveryId]);
      expect((await list('status=dead&limit=1&offset=1'))[0]).toEqual({
        id: deliveryId,
        webhook_id: webhook.id,
        alert_id: expect.any(String),
        status: 'dead',
        attempts: 10,
        last_attempt_at: expect.any(String),
        last_status: 500,
        last_error: 'the receiver answered 500',
        delivered_at: null,
        created_at: expect.any(String),
      });
      expect(await list('')).toHaveLength(4);
      expect((await list('status=pending'))[0]).toHaveProperty('next_attempt_at');
      expect((await app.call('GET', '/webhook-deliveries?status=gone')).status).toBe(400);
      expect((await app.call('GET', '/webhook-deliveries?limit=0')).status).toBe(400);
      expect((await app.call('GET', '/webhook-deliveries?webhook_id=nonsense')).body.count).toBe(0);
    });

    it('begin anew when they are retried, with an audit entry', async () => {
      const answer = await app.call('POST', `/webhook-deliveries/${deliveryId}/retry`);

      expect(answer.status).toBe(200);
      expect(answer.body.webhook_delivery).toMatchObject({ id: deliveryId, status: 'pending', attempts: 0 });
      expect(await list('status=dead')).toEqual([]);
      expect(await lastAudit()).toMatchObject({
        action: 'webhook_delivery.retried',
        entityId: deliveryId,
        before: { status: 'dead' },
        after: { status: 'pending' },
      });
    });

    it('that arrived are not sent again', async () => {
      const id = await leave({ status: 'delivered', deliveredAt: new Date() });
      const answer = await app.call('POST', `/webhook-deliveries/${id}/retry`);

      expect([answer.status, answer.body.code]).toEqual([400, 'validation_failed']);
      expect(await list('status=delivered')).toHaveLength(1);
    });

    it('go with their webhook, alerts stay', async () => {
      await app.call('DELETE', `/webhooks/${webhook.id}`);

      expect(await list('')).toEqual([]);
      expect((await app.call('GET', `/alerts?customer_id=${customer.id}`)).body.count).toBe(1);
    });

    it('stay behind when their webhook moves to another tenant, whose receiver they do not concern', async () => {
      const arrived = await leave({ status: 'delivered', deliveredAt: new Date() });
      await leave({ status: 'pending' });
      const other = await app.create('customers', { name: 'Other' });

      await app.call('PUT', `/webhooks/${webhook.id}`, { description: 'stays' });
      expect(await list('')).toHaveLength(3);
      await app.call('PUT', `/webhooks/${webhook.id}`, { customer_id: other.id });

      expect((await list('')).map(({ id }) => id)).toEqual([arrived]);
      expect((await app.call('POST', `/webhook-deliveries/${deliveryId}/retry`)).status).toBe(404);
      expect(await lastAudit()).toMatchObject({ action: 'webhook.moved_away', entityId: webhook.id, after: null });
      expect((await auditOf(other.id)).at(-1)).toMatchObject({ action: 'webhook.updated', entityId: webhook.id });
    });

    it('belong to alerts, which are listed by tenant and budget, newest first', async () => {
      app.clock.advance(1_000);
      const budgetId = uuidv7();
      const forecast = {
        kind: 'forecast',
        thresholdPercent: null,
        exhaustsAt: new Date('2026-01-20T14:00:00Z'),
      } as const;
      await leave({}, { budgetId, ...forecast });
      await leave({}, { tenantId: uuidv7() });

      const { alerts, count } = (await app.call('GET', `/alerts?customer_id=${customer.id}`)).body;
      expect(count).toBe(2);
      expect(alerts[0]).toMatchObject({
        kind: 'forecast',
        budget_id: budgetId,
        exhausts_at: '2026-01-20T14:00:00.000Z',
      });
      expect(alerts[0]).not.toHaveProperty('threshold_percent');
      expect(alerts[1]).toEqual({
        id: expect.any(String),
        kind: 'threshold',
        budget_id: expect.any(String),
        tenant_id: customer.id,
        owners: [{ entity: 'customer', id: customer.id, name: 'Acme' }],
        window_start_at: '2026-01-01T00:00:00.000Z',
        window_end_at: '2026-02-01T00:00:00.000Z',
        threshold_percent: 80,
        used: 800.0000001,
        cap: 1000,
        used_nano_usd: '8000000001',
        cap_nano_usd: '10000000000',
        created_at: expect.any(String),
      });
      expect((await app.call('GET', `/alerts?budget_id=${budgetId}`)).body.count).toBe(1);
      expect((await app.call('GET', `/alerts?customer_id=${customer.id}&limit=1&offset=1`)).body.alerts).toEqual([
        alerts[1],
      ]);
      expect((await app.call('GET', '/alerts?customer_id=nonsense')).body.count).toBe(0);
    });
  });
});

describe('webhooks of an installation that vouches for no network', () => {
  let app: GovernanceApp;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    app = await startGovernance();
    receiver = await WebhookReceiver.start();
  });
  afterAll(async () => {
    await receiver.stop();
    await app.stop();
  });

  it('never go in the clear', async () => {
    const customer = await app.create('customers', { name: 'Acme' });
    const answer = await app.call('POST', '/webhooks', { customer_id: customer.id, url: 'http://example.com/' });

    expect([answer.status, answer.body.error]).toEqual([400, expect.stringContaining('must start with https://')]);
  });

  it('connect to nothing when a name resolves to an address inside', async () => {
    const customer = await app.create('customers', { name: 'Acme' });
    const url = `https://localhost:${receiver.port}/`;
    const { body } = await app.call('POST', '/webhooks', { customer_id: customer.id, url });
    const answer = await app.call('POST', `/webhooks/${body.webhook.id}/test`);

    expect(answer.body).toEqual({
      message: 'The receiver could not be reached',
      is_delivered: false,
      error: 'the host points to an address that is not public',
    });
    expect(receiver.received).toEqual([]);
  });
});
