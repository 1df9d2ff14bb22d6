import { Injectable } from '@nestjs/common';
import { AppError, uuidv7 } from '@penstock/domain';
import { ProviderConfigEntity } from '@penstock/entities';
import type { Change } from '@penstock/management';
import { Any, DataSource, type EntityManager } from 'typeorm';

import { LimitBook } from '../limits/answers/limit-book.js';
import { NO_LIMITS, OwnedLimits, toAuditLimits } from '../limits/changes/owned-limits.js';
import type { ProviderConfigRequest } from './provider-config.requests.js';
import type { ProviderConfigResponse } from './provider-config.response.js';

/** Providers of one key; bounds what a call without a provider has to choose from. */
const CONFIGS_MAX = 50;

/** The providers that keys may use, and the limits of each. */
@Injectable()
export class ProviderConfigs {
  constructor(
    private readonly dataSource: DataSource,
    private readonly limits: OwnedLimits,
    private readonly limitBook: LimitBook,
  ) {}

  /**
   * Makes the list the whole of what the key may use; true when anything changed. A provider that the key has keeps
   * its limits and their usage, but for what its entry names. Absent and null change nothing.
   */
  async apply(
    change: Change,
    keyId: string,
    list: readonly ProviderConfigRequest[] | null | undefined,
  ): Promise<boolean> {
    if (list === null || list === undefined) return false;
    refuseUnusable(list);
    const current = await this.find(change.tx, [keyId]);
    let isChanged = false;
    for (const request of list) {
      const config = current.find(({ provider }) => provider === request.provider);
      const isDone = config === undefined ? this.create(change, keyId, request) : this.update(change, config, request);
      isChanged = (await isDone) || isChanged;
    }
    const gone = current.filter(({ provider }) => !list.some((request) => request.provider === provider));
    if (gone.length === 0) return isChanged;
    await change.tx.getRepository(ProviderConfigEntity).delete({ id: Any(gone.map(({ id }) => id)) });
    return true;
  }

  /** As the audit trail keeps them. */
  async toAudit(change: Change, keyId: string): Promise<Record<string, unknown>[]> {
    const lines: Record<string, unknown>[] = [];
    for (const config of await this.find(change.tx, [keyId])) {
      const limits = await this.limits.find(change, { entity: 'provider_config', id: config.id });
      lines.push({
        id: config.id,
        provider: config.provider,
        weight: config.weight,
        allowed_models: config.allowedModels,
        ...toAuditLimits(limits),
      });
    }
    return lines;
  }

  /** The configs of keys with live usage, by key; a fixed number of queries for any number of keys. */
  async views(keyIds: readonly string[], nowMs: number): Promise<Map<string, ProviderConfigResponse[]>> {
    const configs = await this.find(this.dataSource.manager, keyIds);
    if (configs.length === 0) return new Map();
    const ids = configs.map(({ id }) => id);
    const limits = await this.limitBook.answers('provider_config', ids, nowMs);
    const views = new Map<string, ProviderConfigResponse[]>();
    for (const { id, virtualKeyId, provider, weight, allowedModels } of configs) {
      const view = { id, provider, weight, allowed_models: allowedModels, ...limits.get(id) };
      const known = views.get(virtualKeyId);
      if (known === undefined) views.set(virtualKeyId, [view]);
      else known.push(view);
    }
    return views;
  }

  /** Oldest first. */
  private async find(manager: EntityManager, keyIds: readonly string[]): Promise<ProviderConfigEntity[]> {
    return manager.getRepository(ProviderConfigEntity).find({
      where: { virtualKeyId: Any([...keyIds]) },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
  }

  private async create(change: Change, virtualKeyId: string, request: ProviderConfigRequest): Promise<true> {
    const { tx, now } = change;
    const id = uuidv7(now.getTime());
    await tx.getRepository(ProviderConfigEntity).insert({
      id,
      virtualKeyId,
      provider: request.provider,
      weight: request.weight ?? 1,
      allowedModels: request.allowed_models ?? null,
      createdAt: now,
      updatedAt: now,
    });
    await this.limits.apply(change, { entity: 'provider_config', id }, NO_LIMITS, request);
    return true;
  }

  private async update(change: Change, config: ProviderConfigEntity, request: ProviderConfigRequest): Promise<boolean> {
    const owner = { entity: 'provider_config', id: config.id } as const;
    const areLimitsChanged = await this.limits.apply(change, owner, await this.limits.find(change, owner), request);
    const weight = request.weight ?? config.weight;
    const allowedModels = request.allowed_models ?? config.allowedModels;
    const isSame = weight === config.weight && JSON.stringify(allowedModels) === JSON.stringify(config.allowedModels);
    if (isSame) return areLimitsChanged;
    const repository = change.tx.getRepository(ProviderConfigEntity);
    await repository.update({ id: config.id }, { weight, allowedModels, updatedAt: change.now });
    return true;
  }
}

function refuseUnusable(list: readonly ProviderConfigRequest[]): void {
  if (list.length > CONFIGS_MAX) {
    throw new AppError('validation_failed', {
      detail: `provider_configs must not have more than ${CONFIGS_MAX} entries.`,
    });
  }
  const providers = list.map(({ provider }) => provider);
  const twice = providers.find((provider, index) => providers.indexOf(provider) !== index);
  if (twice !== undefined) {
    throw new AppError('validation_failed', {
      detail: `provider_configs names the provider ${JSON.stringify(twice)} twice.`,
      fields: [{ path: 'provider_configs', reason: 'names a provider twice' }],
    });
  }
}
