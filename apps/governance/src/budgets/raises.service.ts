import { Injectable } from '@nestjs/common';
import { AppError, uuidv7 } from '@penstock/domain';
import { BudgetRaiseEntity } from '@penstock/entities';
import { type Change, type Changed, PolicyChanges } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';
import { DataSource, type EntityManager, MoreThan } from 'typeorm';

import { notFound } from '../http/not-found.js';
import type { PageQuery } from '../http/page.query.js';
import type { RaiseResponse } from '../limits/answers/limit-responses.js';
import { toRaiseResponse } from '../limits/answers/limit-views.js';
import { BUDGETS, LimitsById } from '../limits/limits-by-id.js';
import type { LockedOwner } from '../owners/owner-locks.js';
import { planRaise, planRaiseEnd } from './plan-raise.js';
import type { CreateRaiseRequest } from './raises.requests.js';

/** Raises of one budget that have not ended; bounds what gateways carry with it. */
const RAISES_MAX = 100;

/** Temporary raises of budgets. Several may overlap: they add up. */
@Injectable()
export class RaisesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: PolicyChanges,
    private readonly byId: LimitsById,
  ) {}

  /** In the order in which they begin, ended ones too. */
  async list(budgetId: string, { limit, offset }: PageQuery): Promise<RaiseResponse[]> {
    await this.byId.find(this.dataSource.manager, BUDGETS, budgetId);
    const raises = await this.dataSource.getRepository(BudgetRaiseEntity).find({
      where: { budgetId },
      order: { startsAt: 'ASC', id: 'ASC' },
      ...(limit === undefined ? {} : { take: limit }),
      ...(offset === undefined ? {} : { skip: offset }),
    });
    return raises.map(toRaiseResponse);
  }

  async create(ctx: RequestContext, budgetId: string, request: CreateRaiseRequest): Promise<Changed<RaiseResponse>> {
    const changed = await this.changes.run(ctx, async (change) => {
      const { tx, now } = change;
      const { owner } = await this.byId.lock(tx, BUDGETS, budgetId);
      const repository = tx.getRepository(BudgetRaiseEntity);
      if ((await repository.countBy({ budgetId, endsAt: MoreThan(now) })) >= RAISES_MAX) {
        throw new AppError('validation_failed', {
          detail: `The budget has ${RAISES_MAX} raises that have not ended. Raise its max_limit instead.`,
        });
      }
      const raise: BudgetRaiseEntity = {
        id: uuidv7(now.getTime()),
        budgetId,
        amountCents: request.amount.toString(),
        ...planRaise(request, now),
        reason: request.reason ?? null,
        createdAt: now,
      };
      await repository.insert(raise);
      announce(change, owner, 'created', null, raise);
      return raise;
    });
    return changed.map(toRaiseResponse);
  }

  /** A raise that has not begun is removed; one that is over stays as it was. */
  async end(ctx: RequestContext, budgetId: string, raiseId: string): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const { owner } = await this.byId.lock(change.tx, BUDGETS, budgetId);
      const raise = await findRaise(change.tx, budgetId, raiseId);
      const repository = change.tx.getRepository(BudgetRaiseEntity);
      switch (planRaiseEnd(raise, change.now)) {
        case 'none':
          return;
        case 'remove':
          await repository.delete({ id: raiseId });
          announce(change, owner, 'removed', raise, null);
          return;
        case 'end':
          await repository.update({ id: raiseId }, { endsAt: change.now });
          announce(change, owner, 'ended', raise, { ...raise, endsAt: change.now });
      }
    });
  }
}

async function findRaise(tx: EntityManager, budgetId: string, id: string): Promise<BudgetRaiseEntity> {
  const raise = await tx.getRepository(BudgetRaiseEntity).findOneBy({ id, budgetId });
  if (raise === null) throw notFound('The raise');
  return raise;
}

function announce(
  change: Change,
  { tenantId, keyHashes }: LockedOwner,
  verb: 'created' | 'ended' | 'removed',
  before: BudgetRaiseEntity | null,
  after: BudgetRaiseEntity | null,
): void {
  change.touch(tenantId, keyHashes);
  change.audit({
    tenantId,
    action: `budget_raise.${verb}`,
    entityType: 'budget_raise',
    entityId: (after ?? before)?.id ?? '',
    before: before === null ? null : toAudit(before),
    after: after === null ? null : toAudit(after),
  });
}

function toAudit({ budgetId, amountCents, startsAt, endsAt, reason }: BudgetRaiseEntity): Record<string, unknown> {
  return {
    budget_id: budgetId,
    amount_cents: amountCents,
    starts_at: startsAt.toISOString(),
    ends_at: endsAt.toISOString(),
    reason,
  };
}
