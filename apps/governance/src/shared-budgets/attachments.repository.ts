import { Injectable } from '@nestjs/common';
import { AppError, uuidv7 } from '@penstock/domain';
import { BudgetAttachmentEntity } from '@penstock/entities';
import { Any, type EntityManager } from 'typeorm';

/** What spends from a shared budget besides by way of its team; ids in the order in which they were attached. */
export interface Attached {
  readonly keyIds: readonly string[];
  readonly teamIds: readonly string[];
}

const NOTHING: Attached = Object.freeze({ keyIds: [], teamIds: [] });

/** Shared budgets that one key or team may be attached to. */
const BUDGETS_PER_SUBJECT_MAX = 16;

/** Rows of `governance.budget_attachments`. */
@Injectable()
export class AttachmentsRepository {
  async of(manager: EntityManager, budgetId: string): Promise<Attached> {
    return (await this.ofBudgets(manager, [budgetId])).get(budgetId) ?? NOTHING;
  }

  /** By budget; one that nothing is attached to is absent. */
  async ofBudgets(manager: EntityManager, budgetIds: readonly string[]): Promise<Map<string, Attached>> {
    if (budgetIds.length === 0) return new Map();
    const rows = await manager.getRepository(BudgetAttachmentEntity).find({
      where: { budgetId: Any([...budgetIds]) },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
    const byBudget = Map.groupBy(rows, ({ budgetId }) => budgetId);
    return new Map(
      [...byBudget].map(([budgetId, attachments]) => [
        budgetId,
        {
          keyIds: attachments.flatMap(({ virtualKeyId }) => virtualKeyId ?? []),
          teamIds: attachments.flatMap(({ teamId }) => teamId ?? []),
        },
      ]),
    );
  }

  /** Attaches and detaches what differs. */
  async replace(tx: EntityManager, budgetId: string, before: Attached, after: Attached, now: Date): Promise<void> {
    const repository = tx.getRepository(BudgetAttachmentEntity);
    const goneKeys = missingIn(after.keyIds, before.keyIds);
    const goneTeams = missingIn(after.teamIds, before.teamIds);
    if (goneKeys.length > 0) await repository.delete({ budgetId, virtualKeyId: Any(goneKeys) });
    if (goneTeams.length > 0) await repository.delete({ budgetId, teamId: Any(goneTeams) });
    const newRows = [
      ...missingIn(before.keyIds, after.keyIds).map((virtualKeyId) => ({ virtualKeyId, teamId: null })),
      ...missingIn(before.teamIds, after.teamIds).map((teamId) => ({ virtualKeyId: null, teamId })),
    ];
    if (newRows.length === 0) return;
    await repository.insert(newRows.map((row) => ({ id: uuidv7(now.getTime()), budgetId, ...row, createdAt: now })));
    await this.refuseTooMany(tx, newRows);
  }

  /** Each shared budget is one more limit that every call of the key or team must fit into. */
  private async refuseTooMany(
    tx: EntityManager,
    attached: readonly { readonly virtualKeyId: string | null; readonly teamId: string | null }[],
  ): Promise<void> {
    const [crowded]: { id: string }[] = await tx.query(
      `SELECT COALESCE(virtual_key_id, team_id) AS id FROM governance.budget_attachments
       WHERE virtual_key_id = ANY($1) OR team_id = ANY($2)
       GROUP BY virtual_key_id, team_id HAVING count(*) > $3 LIMIT 1`,
      [
        attached.map(({ virtualKeyId }) => virtualKeyId).filter((id) => id !== null),
        attached.map(({ teamId }) => teamId).filter((id) => id !== null),
        BUDGETS_PER_SUBJECT_MAX,
      ],
    );
    if (crowded === undefined) return;
    throw new AppError('validation_failed', {
      detail: `${crowded.id} would spend from more than ${BUDGETS_PER_SUBJECT_MAX} shared budgets, which is the most.`,
    });
  }
}

/** Whether both name the same, in whatever order. */
export function areAlike(left: Attached, right: Attached): boolean {
  return (
    missingIn(left.keyIds, right.keyIds).length + missingIn(right.keyIds, left.keyIds).length === 0 &&
    missingIn(left.teamIds, right.teamIds).length + missingIn(right.teamIds, left.teamIds).length === 0
  );
}

function missingIn(list: readonly string[], ids: readonly string[]): string[] {
  return ids.filter((id) => !list.includes(id));
}
