import { AppError, type TenantCalendar } from '@penstock/domain';

import { type BudgetChange, type BudgetPatch, type BudgetState, planBudgetChange } from './plan-budget-change.js';

/** A budget of a list: an existing one by its id or by its window, or a new one. */
export interface BudgetListEntry extends BudgetPatch {
  readonly id?: string | null;
}

/** Budgets of one owner; bounds what one admission has to look at. */
const BUDGETS_MAX = 16;

interface Current extends BudgetState {
  readonly id: string;
}

/** What becomes of one budget; `id` names an existing one. */
export interface BudgetListStep {
  readonly id?: string;
  readonly change: BudgetChange;
}

/**
 * What a list of budgets does: it is the whole of what the owner has then. An entry without id that has the window of
 * an existing budget means that one, so that sending the same list again changes nothing and no usage is forgotten.
 *
 * @throws AppError `validation_failed` for an id that is not the owner's, for one named twice, and for too many.
 */
export function planBudgetList(
  current: readonly Current[],
  list: readonly BudgetListEntry[],
  calendar: TenantCalendar,
  nowMs: number,
): BudgetListStep[] {
  if (list.length > BUDGETS_MAX) {
    throw new AppError('validation_failed', { detail: `budgets must not have more than ${BUDGETS_MAX} entries.` });
  }
  const left = new Map(current.map((budget) => [budget.id, budget]));
  // Ids first: an entry without one must not take a budget that another entry names.
  const byId = list.map((entry) => takeById(left, entry));
  const steps = list.map((entry, index): BudgetListStep => {
    const budget = byId[index] ?? takeByWindow(left, entry);
    const change = planBudgetChange(budget, entry, calendar, nowMs);
    if (change.kind === 'delete' || (budget === undefined && change.kind === 'none')) {
      throw new AppError('validation_failed', {
        detail: `budgets[${index}] names nothing: leave a budget out of the list to remove it.`,
      });
    }
    return { ...(budget === undefined ? {} : { id: budget.id }), change };
  });
  return [...steps, ...[...left.keys()].map((id): BudgetListStep => ({ id, change: { kind: 'delete' } }))];
}

function takeById(left: Map<string, Current>, { id }: BudgetListEntry): Current | undefined {
  if (id === null || id === undefined) return undefined;
  const budget = left.get(id.toLowerCase());
  if (budget === undefined) {
    throw new AppError('validation_failed', {
      detail: `budgets names the id ${JSON.stringify(id.slice(0, 64))}, which is no budget of this owner, or twice.`,
    });
  }
  left.delete(budget.id);
  return budget;
}

function takeByWindow(left: Map<string, Current>, entry: BudgetListEntry): Current | undefined {
  if (entry.id !== null && entry.id !== undefined) return undefined;
  const isAligned = entry.calendar_aligned ?? false;
  for (const budget of left.values()) {
    if (budget.resetDuration !== entry.reset_duration || (budget.alignedFrom !== null) !== isAligned) continue;
    left.delete(budget.id);
    return budget;
  }
  return undefined;
}
