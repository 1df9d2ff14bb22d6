import { AppError } from '@penstock/domain';

const NAMED_MAX = 10;

/** A child that keeps its owner from being deleted. */
export interface Child {
  readonly id: string;
  readonly name: string;
}

/** Refuses to delete an owner that still has children: they would go on spending without it. */
export function refuseWhileInUse(
  what: string,
  children: Readonly<Partial<Record<'teams' | 'virtual_keys' | 'shared_budgets', readonly Child[]>>>,
): void {
  const groups = Object.entries(children).filter(([, list]) => list.length > 0);
  if (groups.length === 0) return;
  const sentence = groups.map(([kind, list]) => `${counted(kind, list.length)} (${named(list)})`).join(' and ');
  throw new AppError('still_in_use', {
    detail: `${what} still has ${sentence}. Delete or move them first, or delete all of it with ?cascade=true.`,
    data: Object.fromEntries(groups.map(([kind, list]) => [kind, list.map(({ id, name }) => ({ id, name }))])),
  });
}

function counted(kind: string, count: number): string {
  const noun = kind.replace('_', ' ');
  return count === 1 ? `1 ${noun.slice(0, -1)}` : `${count} ${noun}`;
}

function named(children: readonly Child[]): string {
  const names = children.slice(0, NAMED_MAX).map(({ name }) => name);
  return children.length > NAMED_MAX ? `${names.join(', ')}, …` : names.join(', ');
}
