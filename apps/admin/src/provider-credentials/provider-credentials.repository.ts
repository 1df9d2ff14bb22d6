import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { OrganizationEntity, ProviderCredentialEntity } from '@penstock/entities';
import { brokenConstraintOf } from '@penstock/management';
import { DataSource, type EntityManager, type FindOptionsWhere } from 'typeorm';

/** What to list. */
export interface CredentialFilter {
  readonly organizationId?: string | undefined;
  readonly provider?: string | undefined;
  readonly activeOnly: boolean;
}

/** Storage of provider credentials. */
@Injectable()
export class ProviderCredentialsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** In the order of their creation. */
  list({ organizationId, provider, activeOnly }: CredentialFilter): Promise<ProviderCredentialEntity[]> {
    const where: FindOptionsWhere<ProviderCredentialEntity> = {
      ...(organizationId === undefined ? {} : { organizationId }),
      ...(provider === undefined ? {} : { provider }),
      ...(activeOnly ? { isActive: true } : {}),
    };
    return this.dataSource
      .getRepository(ProviderCredentialEntity)
      .find({ where, order: { createdAt: 'ASC', credentialId: 'ASC' } });
  }

  findById(credentialId: string): Promise<ProviderCredentialEntity | null> {
    return this.dataSource.getRepository(ProviderCredentialEntity).findOneBy({ credentialId });
  }

  /** Whether any organization has a credential, in use or not, for a provider. */
  existsFor(provider: string): Promise<boolean> {
    return this.dataSource.getRepository(ProviderCredentialEntity).existsBy({ provider });
  }

  /** By the id that the operator chose. */
  findOrganization(organizationId: string): Promise<OrganizationEntity | null> {
    return this.dataSource.getRepository(OrganizationEntity).findOneBy({ organizationId });
  }

  /** It cannot go before the transaction ends. */
  holdOrganization(tx: EntityManager, organizationId: string): Promise<OrganizationEntity | null> {
    return tx.getRepository(OrganizationEntity).findOne({ where: { organizationId }, lock: { mode: 'for_key_share' } });
  }

  lockById(tx: EntityManager, credentialId: string): Promise<ProviderCredentialEntity | null> {
    return tx
      .getRepository(ProviderCredentialEntity)
      .findOne({ where: { credentialId }, lock: { mode: 'pessimistic_write' } });
  }

  /** @throws AppError `already_exists` where another one is in use. The transaction is lost then. */
  async insert(tx: EntityManager, credential: ProviderCredentialEntity): Promise<void> {
    await refusingSecondActive(credential, () => tx.getRepository(ProviderCredentialEntity).insert(credential));
  }

  /** @throws AppError `already_exists` where another one is in use. The transaction is lost then. */
  async update(tx: EntityManager, credential: ProviderCredentialEntity): Promise<void> {
    const { credentialId, ...columns } = credential;
    await refusingSecondActive(credential, () =>
      tx.getRepository(ProviderCredentialEntity).update({ credentialId }, columns),
    );
  }

  async delete(tx: EntityManager, credentialId: string): Promise<void> {
    await tx.getRepository(ProviderCredentialEntity).delete({ credentialId });
  }
}

async function refusingSecondActive(
  { organizationId, provider }: ProviderCredentialEntity,
  write: () => Promise<unknown>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (brokenConstraintOf(error) !== 'uq_provider_credentials_active') throw error;
    throw new AppError('already_exists', {
      detail: `Organization '${organizationId}' already has an active credential for '${provider}'. Deactivate that one first, or change its key.`,
      cause: error,
    });
  }
}
