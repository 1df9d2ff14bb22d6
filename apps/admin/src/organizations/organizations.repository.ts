import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { OrganizationEntity } from '@penstock/entities';
import { brokenConstraintOf } from '@penstock/management';
import { DataSource, type EntityManager } from 'typeorm';

import type { OrganizationListQuery } from './organizations.requests.js';

/** Storage of organizations. */
@Injectable()
export class OrganizationsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws AppError `already_exists` when the id is taken. The transaction is lost then. */
  async insert(tx: EntityManager, organization: OrganizationEntity): Promise<void> {
    try {
      await tx.getRepository(OrganizationEntity).insert(organization as never);
    } catch (error) {
      if (brokenConstraintOf(error) !== 'pk_organizations') throw error;
      throw new AppError('already_exists', {
        detail: `Organization '${organization.organizationId}' already exists.`,
        cause: error,
      });
    }
  }

  async update(tx: EntityManager, organization: OrganizationEntity): Promise<void> {
    const { organizationId, ...columns } = organization;
    await tx.getRepository(OrganizationEntity).update({ organizationId }, columns as never);
  }

  async delete(tx: EntityManager, organizationId: string): Promise<void> {
    await tx.getRepository(OrganizationEntity).delete({ organizationId });
  }

  /** @throws AppError `not_found` */
  async get(organizationId: string): Promise<OrganizationEntity> {
    return found(organizationId, (where) => this.dataSource.getRepository(OrganizationEntity).findOne({ where }));
  }

  /** Nobody changes it, or makes a team in it, until the transaction ends. @throws AppError `not_found` */
  async lock(tx: EntityManager, organizationId: string): Promise<OrganizationEntity> {
    return found(organizationId, (where) =>
      tx.getRepository(OrganizationEntity).findOne({ where, lock: { mode: 'pessimistic_write' } }),
    );
  }

  /** In the order of their creation. */
  list({ status = 'active', limit, offset = 0 }: OrganizationListQuery): Promise<OrganizationEntity[]> {
    return this.dataSource.getRepository(OrganizationEntity).find({
      where: status === 'all' ? {} : { status },
      order: { createdAt: 'ASC', organizationId: 'ASC' },
      skip: offset,
      ...(limit === undefined ? {} : { take: limit }),
    });
  }
}

async function found(
  organizationId: string,
  find: (where: { organizationId: string }) => Promise<OrganizationEntity | null>,
): Promise<OrganizationEntity> {
  // PostgreSQL's text has no NUL: such an id can name nothing.
  const organization = organizationId.includes('\0') ? null : await find({ organizationId });
  if (organization === null) {
    throw new AppError('not_found', { detail: `Organization '${organizationId}' was not found.` });
  }
  return organization;
}
