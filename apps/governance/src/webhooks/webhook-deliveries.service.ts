import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { WebhookDeliveryEntity, WebhookEntity } from '@penstock/entities';
import { type Changed, PolicyChanges } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { filterById } from '../http/list-page.js';
import { notFound } from '../http/not-found.js';
import { toWebhookDeliveryResponse, type WebhookDeliveryResponse } from './webhook-delivery.response.js';
import type { WebhookDeliveryListQuery } from './webhook-deliveries.requests.js';
import { tenantOfWebhook } from './webhooks.service.js';

/** Entries of a page that says no limit: deliveries are never few for long. */
const PAGE_DEFAULT = 100;

/** What became of the events that webhooks were to hear. */
@Injectable()
export class WebhookDeliveriesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: PolicyChanges,
  ) {}

  /** Newest first. */
  async list(query: WebhookDeliveryListQuery): Promise<WebhookDeliveryResponse[]> {
    const builder = this.dataSource.getRepository(WebhookDeliveryEntity).createQueryBuilder('delivery');
    builder.orderBy('delivery.createdAt', 'DESC').addOrderBy('delivery.id', 'DESC');
    if (query.status !== undefined) builder.andWhere('delivery.status = :status', { status: query.status });
    filterById(builder, 'webhookId', query.webhook_id);
    builder.limit(query.limit ?? PAGE_DEFAULT).offset(query.offset ?? 0);
    return (await builder.getMany()).map(toWebhookDeliveryResponse);
  }

  /**
   * Begins anew with a delivery that was given up, or does not wait for the next attempt of one that was not.
   * @throws AppError `validation_failed` when it was delivered
   */
  async retry(ctx: RequestContext, id: string): Promise<Changed<WebhookDeliveryResponse>> {
    return this.changes.run(ctx, async (change) => {
      const rows = change.tx.getRepository(WebhookDeliveryEntity);
      const before = await rows.findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
      if (before === null) throw notFound('The webhook delivery');
      if (before.status === 'delivered') {
        throw new AppError('validation_failed', { detail: 'The receiver has taken this event already.' });
      }
      // Still there: whoever deletes it takes the delivery along, and waits for our lock on that.
      const webhook = await change.tx.getRepository(WebhookEntity).findOneByOrFail({ id: before.webhookId });
      const after = Object.assign(new WebhookDeliveryEntity(), before, {
        status: 'pending',
        attempts: 0,
        nextAttemptAt: change.now,
      });
      const { status, attempts, nextAttemptAt } = after;
      await rows.update({ id }, { status, attempts, nextAttemptAt });
      change.audit({
        tenantId: tenantOfWebhook(webhook),
        action: 'webhook_delivery.retried',
        entityType: 'webhook_delivery',
        entityId: id,
        before: { ...toWebhookDeliveryResponse(before) },
        after: { ...toWebhookDeliveryResponse(after) },
      });
      return toWebhookDeliveryResponse(after);
    });
  }
}
