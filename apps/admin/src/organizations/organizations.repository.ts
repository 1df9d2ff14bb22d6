import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { OrganizationEntity } from '@penstock/entities';
import { DataSource, type EntityManager, QueryFailedError } from 'typeorm';

/** Storage of organizations. */
@Injectable()
export class OrganizationsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws AppError `already_exists` when the id is taken. The transaction is lost then. */
  async insert(tx: EntityManager, organization: OrganizationEntity): Promise<void> {
    try {
      await tx.getRepository(OrganizationEntity).insert(organization as never);
    } catch (error) {
      if (!isIdTaken(error)) throw error;
      throw new AppError('already_exists', {
        detail: `Organization '${organization.organizationId}' already exists.`,
        cause: error,
      });
    }
  }

  findById(organizationId: string): Promise<OrganizationEntity | null> {
    return this.dataSource.getRepository(OrganizationEntity).findOneBy({ organizationId });
  }

  /** In the order of their creation. */
  listActive(): Promise<OrganizationEntity[]> {
    return this.dataSource.getRepository(OrganizationEntity).find({
      where: { status: 'active' },
      order: { createdAt: 'ASC', organizationId: 'ASC' },
    });
  }
}

function isIdTaken(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code, constraint } = error.driverError as { code?: unknown; constraint?: unknown };
  return code === '23505' && constraint === 'pk_organizations';
}
