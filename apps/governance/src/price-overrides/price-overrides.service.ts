import { Injectable } from '@nestjs/common';
import { AppError, instantOf, uuidv7 } from '@penstock/domain';
import { PriceOverrideEntity, SYSTEM_TENANT_ID } from '@penstock/entities';
import { brokenConstraintOf, type Change, Changed, nextTimestamp, PolicyChanges } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';
import { DataSource, type EntityManager } from 'typeorm';

import { notFound } from '../http/not-found.js';
import type { PageQuery } from '../http/page.query.js';
import { toPriceOverrideResponse, type PriceOverrideResponse } from './price-override.response.js';
import type { CreatePriceOverrideRequest, UpdatePriceOverrideRequest } from './price-overrides.requests.js';

/**
 * Operators' prices. The ledger names the price of a call by its id, so one that has been in force is not changed:
 * a newer one takes its place.
 */
@Injectable()
export class PriceOverridesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: PolicyChanges,
  ) {}

  async list({ limit, offset }: PageQuery): Promise<PriceOverrideResponse[]> {
    const rows = await this.dataSource.getRepository(PriceOverrideEntity).find({
      order: { provider: 'ASC', model: 'ASC', effectiveFrom: 'DESC' },
      ...(limit === undefined ? {} : { take: limit }),
      ...(offset === undefined ? {} : { skip: offset }),
    });
    return rows.map(toPriceOverrideResponse);
  }

  async get(id: string): Promise<PriceOverrideResponse> {
    return toPriceOverrideResponse(await this.find(this.dataSource.manager, id));
  }

  async create(ctx: RequestContext, request: CreatePriceOverrideRequest): Promise<Changed<PriceOverrideResponse>> {
    const id = uuidv7(ctx.nowMs);
    const changed = await this.changes.run(ctx, async (change) => {
      const row = Object.assign(new PriceOverrideEntity(), {
        id,
        provider: request.provider.toLowerCase(),
        model: request.model,
        effectiveFrom: change.now,
        isFree: false,
        inputUsdPerMtok: null,
        cacheReadUsdPerMtok: null,
        cacheWriteUsdPerMtok: null,
        outputUsdPerMtok: null,
        requestUsd: null,
        createdAt: change.now,
        updatedAt: change.now,
        ...fieldsOf(request),
      });
      refuseIncomplete(row);
      await takenWhenRefused(change.tx.getRepository(PriceOverrideEntity).insert(row));
      announce(change, 'price_override.created', null, row);
    });
    return new Changed(await this.get(id), changed.isPropagated);
  }

  async update(
    ctx: RequestContext,
    id: string,
    request: UpdatePriceOverrideRequest,
  ): Promise<Changed<PriceOverrideResponse>> {
    const changed = await this.changes.run(ctx, async (change) => {
      const before = await this.find(change.tx, id, true);
      const fields = fieldsOf(request);
      if (Object.keys(fields).length === 0) return;
      if (before.effectiveFrom <= change.now) {
        throw new AppError('validation_failed', {
          detail: 'This price is in force already and calls are accounted with it. Create a newer one instead.',
        });
      }
      const updatedAt = nextTimestamp(before.updatedAt, change.now);
      const after = Object.assign(new PriceOverrideEntity(), before, fields, { updatedAt });
      refuseIncomplete(after);
      const { id: _, ...columns } = after;
      await takenWhenRefused(change.tx.getRepository(PriceOverrideEntity).update({ id }, columns));
      announce(change, 'price_override.updated', before, after);
    });
    return new Changed(await this.get(id), changed.isPropagated);
  }

  async delete(ctx: RequestContext, id: string): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const before = await this.find(change.tx, id, true);
      await change.tx.getRepository(PriceOverrideEntity).delete({ id });
      announce(change, 'price_override.deleted', before, null);
    });
  }

  private async find(manager: EntityManager, id: string, isLocked = false): Promise<PriceOverrideEntity> {
    const lock = isLocked ? { lock: { mode: 'pessimistic_write' } as const } : {};
    const row = await manager.getRepository(PriceOverrideEntity).findOne({ where: { id }, ...lock });
    if (row === null) throw notFound('The price override');
    return row;
  }
}

type Prices = Pick<
  PriceOverrideEntity,
  | 'effectiveFrom'
  | 'isFree'
  | 'inputUsdPerMtok'
  | 'cacheReadUsdPerMtok'
  | 'cacheWriteUsdPerMtok'
  | 'outputUsdPerMtok'
  | 'requestUsd'
>;

/** The columns that a request names; absent and null name nothing. */
function fieldsOf(request: UpdatePriceOverrideRequest): Partial<Prices> {
  const named = {
    effectiveFrom: typeof request.effective_from === 'string' ? instantOf(request.effective_from) : undefined,
    isFree: request.is_free ?? undefined,
    inputUsdPerMtok: request.input_usd_per_mtok ?? undefined,
    cacheReadUsdPerMtok: request.cache_read_usd_per_mtok ?? undefined,
    cacheWriteUsdPerMtok: request.cache_write_usd_per_mtok ?? undefined,
    outputUsdPerMtok: request.output_usd_per_mtok ?? undefined,
    requestUsd: request.request_usd ?? undefined,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)) as Partial<Prices>;
}

/** A price is free, or complete, or flat: half a price would make calls cheaper than they are. */
function refuseIncomplete(row: PriceOverrideEntity): void {
  const tokenPrices = [row.inputUsdPerMtok, row.outputUsdPerMtok, row.cacheReadUsdPerMtok, row.cacheWriteUsdPerMtok];
  const hasTokenPrice = tokenPrices.some((price) => price !== null);
  if (row.isFree) {
    if (!hasTokenPrice && row.requestUsd === null) return;
    throw new AppError('validation_failed', { detail: 'A free model has no prices: leave them out, or is_free.' });
  }
  const isComplete = row.inputUsdPerMtok !== null && row.outputUsdPerMtok !== null;
  if (isComplete || (!hasTokenPrice && row.requestUsd !== null)) return;
  throw new AppError('validation_failed', {
    detail: 'Give input_usd_per_mtok and output_usd_per_mtok, or request_usd alone, or is_free.',
  });
}

function announce(
  change: Change,
  action: string,
  before: PriceOverrideEntity | null,
  after: PriceOverrideEntity | null,
): void {
  change.touchEveryTenant();
  change.audit({
    tenantId: SYSTEM_TENANT_ID,
    action,
    entityType: 'price_override',
    entityId: (after ?? before)?.id ?? '',
    before: before === null ? null : { ...toPriceOverrideResponse(before) },
    after: after === null ? null : { ...toPriceOverrideResponse(after) },
  });
}

async function takenWhenRefused(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (brokenConstraintOf(error) !== 'uq_price_overrides_provider_model_effective_from') throw error;
    throw new AppError('already_exists', {
      detail: 'There is a price for this provider and model from the same moment on.',
      cause: error,
    });
  }
}
