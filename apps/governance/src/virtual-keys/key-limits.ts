import { Injectable } from '@nestjs/common';
import type { Change } from '@penstock/management';

import { NO_LIMITS, OwnedLimits, toAuditLimits, type LimitPatches } from '../limits/changes/owned-limits.js';
import type { ProviderConfigRequest } from '../provider-configs/provider-config.requests.js';
import { ProviderConfigs } from '../provider-configs/provider-configs.js';

/** What a request says about the limits of a key. */
export interface KeyLimitPatches extends LimitPatches {
  readonly provider_configs?: readonly ProviderConfigRequest[] | null;
}

/** Everything that limits one key by itself: its own limits, and its providers with theirs. */
@Injectable()
export class KeyLimits {
  constructor(
    private readonly limits: OwnedLimits,
    private readonly providerConfigs: ProviderConfigs,
  ) {}

  /** Of a key that has none yet. */
  async create(change: Change, id: string, request: KeyLimitPatches): Promise<void> {
    await this.limits.apply(change, { entity: 'virtual_key', id }, NO_LIMITS, request);
    await this.providerConfigs.apply(change, id, request.provider_configs);
  }

  /** True when anything changed. */
  async apply(change: Change, id: string, request: KeyLimitPatches): Promise<boolean> {
    const owner = { entity: 'virtual_key', id } as const;
    const areLimitsChanged = await this.limits.apply(change, owner, await this.limits.find(change, owner), request);
    const areConfigsChanged = await this.providerConfigs.apply(change, id, request.provider_configs);
    return areLimitsChanged || areConfigsChanged;
  }

  /** As the audit trail keeps them. */
  async toAudit(change: Change, id: string): Promise<Record<string, unknown>> {
    return {
      ...toAuditLimits(await this.limits.find(change, { entity: 'virtual_key', id })),
      provider_configs: await this.providerConfigs.toAudit(change, id),
    };
  }
}
