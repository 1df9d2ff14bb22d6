import { Injectable } from '@nestjs/common';
import { uuidv7 } from '@penstock/domain';
import { PolicyChanges } from '@penstock/management';
import { WebhookSender, type RequestContext } from '@penstock/platform';

import { notFound } from '../http/not-found.js';
import { toWebhookTestResponse, type WebhookTestResponse } from './webhook.response.js';
import { WebhooksRepository } from './webhooks.repository.js';
import { tenantOfWebhook } from './webhooks.service.js';

/** Tries a webhook while its operator looks on. */
@Injectable()
export class WebhookTester {
  constructor(
    private readonly webhooks: WebhooksRepository,
    private readonly sender: WebhookSender,
    private readonly changes: PolicyChanges,
  ) {}

  /** One signed `webhook.test` event, also to a webhook that is not active; never repeated. */
  async test(ctx: RequestContext, id: string): Promise<WebhookTestResponse> {
    const row = await this.webhooks.findById(id);
    if (row === null) throw notFound('The webhook');
    const secret = { ciphertext: row.secretCiphertext, keyVersion: row.secretKeyVersion };
    const result = await this.sender.send(
      { id, url: row.url, secret },
      {
        schema_version: 1,
        type: 'webhook.test',
        id: uuidv7(ctx.nowMs),
        created_at: new Date(ctx.nowMs).toISOString(),
        data: { webhook_id: id, message: 'This is a test of Penstock: no budget is concerned.' },
      },
      ctx.nowMs,
    );
    const response = toWebhookTestResponse(result);
    await this.changes.run(ctx, async (change) => {
      change.audit({
        tenantId: tenantOfWebhook(row),
        action: 'webhook.tested',
        entityType: 'webhook',
        entityId: id,
        before: null,
        after: { message: response.message },
      });
    });
    return response;
  }
}
