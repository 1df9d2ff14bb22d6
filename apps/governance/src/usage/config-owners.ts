import { Injectable } from '@nestjs/common';
import { ModelConfigEntity, ProviderConfigEntity } from '@penstock/entities';
import type { LimitOwner } from '@penstock/management';
import type { EntityManager, FindOptionsWhere } from 'typeorm';

/** A config of a key, team or customer, with what it is about. */
export interface ConfigOwner extends LimitOwner {
  readonly provider?: string;
  readonly model?: string;
}

/** The configs through which keys, teams and customers carry further limits. */
@Injectable()
export class ConfigOwners {
  /** Providers first, then models, each oldest first. */
  async ofKey(manager: EntityManager, virtualKeyId: string): Promise<ConfigOwner[]> {
    const providers = await manager
      .getRepository(ProviderConfigEntity)
      .find({ where: { virtualKeyId }, order: { createdAt: 'ASC', id: 'ASC' } });
    return [
      ...providers.map(({ id, provider }): ConfigOwner => ({ entity: 'provider_config', id, provider })),
      ...(await this.models(manager, { virtualKeyId })),
    ];
  }

  async of(manager: EntityManager, owner: LimitOwner): Promise<ConfigOwner[]> {
    if (owner.entity === 'virtual_key') return this.ofKey(manager, owner.id);
    return this.models(manager, owner.entity === 'team' ? { teamId: owner.id } : { customerId: owner.id });
  }

  private async models(manager: EntityManager, where: FindOptionsWhere<ModelConfigEntity>): Promise<ConfigOwner[]> {
    const configs = await manager
      .getRepository(ModelConfigEntity)
      .find({ where, order: { createdAt: 'ASC', id: 'ASC' } });
    return configs.map(({ id, model, provider }) => ({
      entity: 'model_config',
      id,
      model,
      ...(provider === null ? {} : { provider }),
    }));
  }
}

/**
 * The configs that a reset of one provider, of one model, or of both means: the config of that provider, and those of
 * that model, whichever provider it has or only the named one.
 */
export function configsNamed(
  configs: readonly ConfigOwner[],
  /** The provider in lower case. */
  named: { readonly provider?: string | undefined; readonly model?: string | undefined },
): ConfigOwner[] {
  return configs.filter((config) => {
    const provider = config.provider?.toLowerCase();
    if (config.entity === 'provider_config') return provider === named.provider;
    const isProvider = named.provider === undefined || provider === undefined || provider === named.provider;
    return config.model === named.model && isProvider;
  });
}
