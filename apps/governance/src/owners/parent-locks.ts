import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { CustomerEntity, TeamEntity } from '@penstock/entities';
import type { EntityManager } from 'typeorm';

import { isUuid } from '../http/entity-id.pipe.js';

/**
 * Holds the owners of an entity in place until the transaction ends. Without it a key could be changed under one
 * tenant while its team moves to another, and the change would be announced where nobody listens.
 */
@Injectable()
export class ParentLocks {
  /** The team of a request. @throws AppError `reference_dangling` */
  async referredTeam(tx: EntityManager, id: string): Promise<TeamEntity> {
    const team = isUuid(id) ? await this.team(tx, id) : null;
    if (team === null)
      throw new AppError('reference_dangling', { detail: `There is no team with the id ${quoted(id)}.` });
    return team;
  }

  /** The customer of a request. @throws AppError `reference_dangling` */
  async referredCustomer(tx: EntityManager, id: string): Promise<CustomerEntity> {
    const customer = isUuid(id)
      ? await tx.getRepository(CustomerEntity).findOne({ where: { id }, lock: { mode: 'pessimistic_read' } })
      : null;
    if (customer === null) {
      throw new AppError('reference_dangling', { detail: `There is no customer with the id ${quoted(id)}.` });
    }
    return customer;
  }

  async team(tx: EntityManager, id: string): Promise<TeamEntity | null> {
    return tx.getRepository(TeamEntity).findOne({ where: { id }, lock: { mode: 'pessimistic_read' } });
  }
}

function quoted(id: string): string {
  return JSON.stringify(id.slice(0, 64));
}
