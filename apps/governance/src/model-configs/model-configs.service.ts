import { Injectable } from '@nestjs/common';
import { AppError, uuidv7 } from '@penstock/domain';
import { ModelConfigEntity } from '@penstock/entities';
import { type Change, Changed, columnsOf, type LimitOwner, nextTimestamp, PolicyChanges } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';
import type { EntityManager, FindOptionsWhere } from 'typeorm';

import { isUuid } from '../http/entity-id.pipe.js';
import { notFound } from '../http/not-found.js';
import { LimitBook, type LimitAnswer } from '../limits/answers/limit-book.js';
import { NO_LIMITS, OwnedLimits, toAuditLimits, type OwnedLimitRows } from '../limits/changes/owned-limits.js';
import { OwnerLocks, type LockedOwner } from '../owners/owner-locks.js';
import { namedOwner, refuseOtherIdentity } from './model-config-identity.js';
import type { ModelConfigResponse } from './model-config.response.js';
import { ModelConfigsRepository } from './model-configs.repository.js';
import type {
  CreateModelConfigRequest,
  ModelConfigListQuery,
  UpdateModelConfigRequest,
} from './model-configs.requests.js';

/** Model configs of one owner; every policy of a key carries those on its path. */
const CONFIGS_MAX = 500;

/** Limits of a model for all calls of a key, team or customer together. */
@Injectable()
export class ModelConfigsService {
  constructor(
    private readonly configs: ModelConfigsRepository,
    private readonly changes: PolicyChanges,
    private readonly limits: OwnedLimits,
    private readonly limitBook: LimitBook,
    private readonly owners: OwnerLocks,
  ) {}

  async list(ctx: RequestContext, query: ModelConfigListQuery): Promise<ModelConfigResponse[]> {
    return this.views(await this.configs.list(query), ctx.nowMs);
  }

  async get(ctx: RequestContext, id: string): Promise<ModelConfigResponse> {
    const config = await this.configs.findById(id);
    const [view] = config === null ? [] : await this.views([config], ctx.nowMs);
    if (view === undefined) throw notFound('The model config');
    return view;
  }

  async create(ctx: RequestContext, request: CreateModelConfigRequest): Promise<Changed<ModelConfigResponse>> {
    const id = uuidv7(ctx.nowMs);
    const carrier = namedOwner(request);
    const changed = await this.changes.run(ctx, async (change) => {
      const locked = await this.lockCarrier(change.tx, carrier);
      await this.refuseTooMany(change.tx, carrier);
      const config = Object.assign(new ModelConfigEntity(), {
        id,
        virtualKeyId: null,
        teamId: null,
        customerId: null,
        ...columnsOf({ entity: carrier.entity, id: carrier.id.toLowerCase() }),
        model: request.model,
        provider: request.provider?.toLowerCase() ?? null,
        createdAt: change.now,
        updatedAt: change.now,
      });
      await this.configs.insert(change.tx, config);
      const owner = { entity: 'model_config', id } as const;
      await this.limits.apply(change, owner, NO_LIMITS, request);
      announce(change, locked, 'created', id, null, toAudit(config, await this.limits.find(change, owner)));
    });
    return new Changed(await this.get(ctx, id), changed.isPropagated);
  }

  async update(
    ctx: RequestContext,
    id: string,
    request: UpdateModelConfigRequest,
  ): Promise<Changed<ModelConfigResponse>> {
    const changed = await this.changes.run(ctx, async (change) => {
      const { config, locked } = await this.lock(change.tx, id);
      refuseOtherIdentity(config, request);
      const owner = { entity: 'model_config', id } as const;
      const before = await this.limits.find(change, owner);
      if (!(await this.limits.apply(change, owner, before, request))) return;
      await this.configs.markUpdated(change.tx, id, nextTimestamp(config.updatedAt, change.now));
      const after = await this.limits.find(change, owner);
      announce(change, locked, 'updated', id, toAudit(config, before), toAudit(config, after));
    });
    return new Changed(await this.get(ctx, id), changed.isPropagated);
  }

  async delete(ctx: RequestContext, id: string): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const { config, locked } = await this.lock(change.tx, id);
      const before = toAudit(config, await this.limits.find(change, { entity: 'model_config', id }));
      await this.configs.delete(change.tx, id);
      announce(change, locked, 'deleted', id, before, null);
    });
  }

  private async refuseTooMany(tx: EntityManager, carrier: LimitOwner): Promise<void> {
    const owner = columnsOf({ entity: carrier.entity, id: carrier.id.toLowerCase() });
    if (
      (await tx.getRepository(ModelConfigEntity).countBy(owner as FindOptionsWhere<ModelConfigEntity>)) < CONFIGS_MAX
    ) {
      return;
    }
    throw new AppError('validation_failed', {
      detail: `There are ${CONFIGS_MAX} model configs here, which is the most.`,
    });
  }

  /** @throws AppError `reference_dangling` */
  private async lockCarrier(tx: EntityManager, owner: LimitOwner): Promise<LockedOwner> {
    const locked = isUuid(owner.id) ? await this.owners.lock(tx, owner) : null;
    if (locked !== null) return locked;
    throw new AppError('reference_dangling', {
      detail: `There is no ${owner.entity.replace('_', ' ')} with the id ${JSON.stringify(owner.id.slice(0, 64))}.`,
    });
  }

  /** Locks whose config it is, as every change of that does, then reads the config that counts. */
  private async lock(tx: EntityManager, id: string): Promise<{ config: ModelConfigEntity; locked: LockedOwner }> {
    const locked = await this.owners.lock(tx, { entity: 'model_config', id });
    const config = locked === null ? null : await this.configs.findById(id, tx);
    if (locked === null || config === null) throw notFound('The model config');
    return { config, locked };
  }

  private async views(configs: readonly ModelConfigEntity[], nowMs: number): Promise<ModelConfigResponse[]> {
    const ids = configs.map(({ id }) => id);
    const limits = await this.limitBook.answers('model_config', ids, nowMs);
    return configs.map((config) => toResponse(config, limits.get(config.id) ?? {}));
  }
}

function announce(
  change: Change,
  { tenantId, keyHashes }: LockedOwner,
  verb: 'created' | 'updated' | 'deleted',
  entityId: string,
  before: Record<string, unknown> | null,
  after: Record<string, unknown> | null,
): void {
  change.touch(tenantId, keyHashes);
  change.audit({ tenantId, action: `model_config.${verb}`, entityType: 'model_config', entityId, before, after });
}

function toAudit(config: ModelConfigEntity, limits: OwnedLimitRows): Record<string, unknown> {
  return { ...identityOf(config), ...toAuditLimits(limits) };
}

function toResponse(config: ModelConfigEntity, limits: LimitAnswer): ModelConfigResponse {
  return {
    id: config.id,
    ...identityOf(config),
    ...limits,
    created_at: config.createdAt.toISOString(),
    updated_at: config.updatedAt.toISOString(),
  };
}

function identityOf({
  model,
  provider,
  virtualKeyId,
  teamId,
  customerId,
}: ModelConfigEntity): Pick<ModelConfigResponse, 'model' | 'provider' | 'virtual_key_id' | 'team_id' | 'customer_id'> {
  return {
    model,
    ...(provider === null ? {} : { provider }),
    ...(virtualKeyId === null ? {} : { virtual_key_id: virtualKeyId }),
    ...(teamId === null ? {} : { team_id: teamId }),
    ...(customerId === null ? {} : { customer_id: customerId }),
  };
}
