import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import type { WebhookEntity } from '@penstock/entities';
import type { EntityManager } from 'typeorm';

import { ParentLocks } from '../owners/parent-locks.js';

/** The columns that say whose webhook it is. */
export type WebhookOwner = Pick<WebhookEntity, 'customerId' | 'teamId'>;

/** Finds out whose budgets a webhook is to hear of. */
@Injectable()
export class WebhookOwners {
  constructor(private readonly parents: ParentLocks) {}

  /**
   * The owner that a request names, held in place until the transaction ends; undefined when it names none.
   * @throws AppError `validation_failed` for two owners, or a team that is no tenant; `reference_dangling`
   */
  async named(
    tx: EntityManager,
    request: { readonly customer_id?: string | null; readonly team_id?: string | null },
  ): Promise<WebhookOwner | undefined> {
    const customerId = request.customer_id ?? '';
    const teamId = request.team_id ?? '';
    if (customerId !== '' && teamId !== '') {
      throw new AppError('validation_failed', { detail: 'Give either customer_id or team_id, not both.' });
    }
    if (customerId !== '') {
      return { customerId: (await this.parents.referredCustomer(tx, customerId)).id, teamId: null };
    }
    if (teamId === '') return undefined;
    const team = await this.parents.referredTeam(tx, teamId);
    if (team.customerId !== null) {
      throw new AppError('validation_failed', {
        detail: 'The team belongs to a customer, whose webhooks hear of all its budgets: give that customer_id.',
      });
    }
    return { customerId: null, teamId: team.id };
  }
}
