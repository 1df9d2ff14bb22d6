import { Injectable } from '@nestjs/common';
import { WebhookDeliveryEntity, WebhookEntity } from '@penstock/entities';
import { DataSource, type EntityManager, Not } from 'typeorm';

import { filterById } from '../http/list-page.js';
import type { PageQuery } from '../http/page.query.js';

/** Which webhooks to list; an empty id is no filter. */
export interface WebhookFilter extends PageQuery {
  readonly customer_id?: string;
  readonly team_id?: string;
}

/** Rows of webhooks. */
@Injectable()
export class WebhooksRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Oldest first. */
  async list(filter: WebhookFilter): Promise<WebhookEntity[]> {
    const builder = this.dataSource.getRepository(WebhookEntity).createQueryBuilder('webhook');
    builder.orderBy('webhook.createdAt', 'ASC').addOrderBy('webhook.id', 'ASC');
    filterById(builder, 'customerId', filter.customer_id);
    filterById(builder, 'teamId', filter.team_id);
    if (filter.limit !== undefined) builder.limit(filter.limit);
    if (filter.offset !== undefined) builder.offset(filter.offset);
    return builder.getMany();
  }

  async findById(id: string): Promise<WebhookEntity | null> {
    return this.dataSource.getRepository(WebhookEntity).findOneBy({ id });
  }

  async lockById(tx: EntityManager, id: string): Promise<WebhookEntity | null> {
    return tx.getRepository(WebhookEntity).findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  async insert(tx: EntityManager, row: WebhookEntity): Promise<void> {
    await tx.getRepository(WebhookEntity).insert(row);
  }

  async update(tx: EntityManager, { id, ...columns }: WebhookEntity): Promise<void> {
    await tx.getRepository(WebhookEntity).update({ id }, columns);
  }

  /** Takes back what waits to be sent, and what was given up and could be sent again by hand. */
  async deleteUndelivered(tx: EntityManager, webhookId: string): Promise<void> {
    await tx.getRepository(WebhookDeliveryEntity).delete({ webhookId, status: Not('delivered') });
  }

  async delete(tx: EntityManager, id: string): Promise<void> {
    await tx.getRepository(WebhookEntity).delete({ id });
  }
}
