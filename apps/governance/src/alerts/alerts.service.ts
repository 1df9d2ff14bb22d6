import { Injectable } from '@nestjs/common';
import { AlertEntity } from '@penstock/entities';
import { DataSource } from 'typeorm';

import { filterById } from '../http/list-page.js';
import { toAlertResponse, type AlertResponse } from './alert.response.js';
import type { AlertListQuery } from './alerts.requests.js';

/** Entries of a page that says no limit. */
const PAGE_DEFAULT = 100;

/** What the worker noticed about budgets. */
@Injectable()
export class AlertsService {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first. */
  async list(query: AlertListQuery): Promise<AlertResponse[]> {
    const builder = this.dataSource.getRepository(AlertEntity).createQueryBuilder('alert');
    builder.orderBy('alert.createdAt', 'DESC').addOrderBy('alert.id', 'DESC');
    // A tenant has the id of its customer, or of its team when that has none; it is never both.
    const tenantIds = [query.customer_id, query.team_id].filter((id) => id !== undefined && id !== '');
    if (tenantIds.length > 1) return [];
    filterById(builder, 'tenantId', tenantIds[0]);
    filterById(builder, 'budgetId', query.budget_id);
    builder.limit(query.limit ?? PAGE_DEFAULT).offset(query.offset ?? 0);
    return (await builder.getMany()).map(toAlertResponse);
  }
}
