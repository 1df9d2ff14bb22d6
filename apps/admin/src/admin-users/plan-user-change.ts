import { AppError } from '@penstock/domain';
import type { AdminRole } from '@penstock/entities';

/** Who makes the change. The master key is an owner with the id of nobody. */
export interface ActingOperator {
  readonly id: string;
  readonly role: AdminRole;
}

/** The account as it is. */
export interface TargetUser {
  readonly userId: string;
  readonly role: AdminRole;
  readonly isActive: boolean;
}

/** What is to become of it; undefined stays. */
export interface UserChange {
  readonly role?: AdminRole | undefined;
  readonly isActive?: boolean | undefined;
}

/** Why an account may not be made with this role, if so. */
export function refusalOfCreate(actor: ActingOperator, role: AdminRole): AppError | null {
  return mayManage(actor, role) ? null : insufficient('create');
}

/**
 * Why an account may not be changed so, if so. `otherOwners`: active owners besides it.
 * An owner may do everything, except to the own role and to the last owner; an admin manages accounts of role `user`.
 */
export function refusalOfUpdate(
  actor: ActingOperator,
  target: TargetUser,
  change: UserChange,
  otherOwners: number,
): AppError | null {
  if (!mayManage(actor, target.role)) return insufficient('change');
  if (change.role !== undefined && !mayManage(actor, change.role)) return insufficient('promote to');
  if (change.role !== undefined && actor.id === target.userId) {
    return new AppError('own_account', { detail: 'Nobody changes the own role.' });
  }
  const isOwnerAfter = (change.role ?? target.role) === 'owner' && (change.isActive ?? target.isActive);
  return isOwnerAfter ? null : refusalOfLosing(target, otherOwners);
}

/** Why an account may not be deleted, if so. */
export function refusalOfDelete(actor: ActingOperator, target: TargetUser, otherOwners: number): AppError | null {
  if (actor.id === target.userId) return new AppError('own_account', { detail: 'Nobody deletes the own account.' });
  if (!mayManage(actor, target.role)) return insufficient('delete');
  return refusalOfLosing(target, otherOwners);
}

/** Why the logins of an account may be neither seen nor ended, if so. Everybody may with the own ones. */
export function refusalOfSessions(actor: ActingOperator, target: Pick<TargetUser, 'userId' | 'role'>): AppError | null {
  return actor.id === target.userId || mayManage(actor, target.role) ? null : insufficient('see or end logins of');
}

function mayManage(actor: ActingOperator, role: AdminRole): boolean {
  return actor.role === 'owner' || (actor.role === 'admin' && role === 'user');
}

function refusalOfLosing(target: TargetUser, otherOwners: number): AppError | null {
  const isActiveOwner = target.role === 'owner' && target.isActive;
  return isActiveOwner && otherOwners === 0 ? new AppError('last_owner') : null;
}

function insufficient(verb: string): AppError {
  return new AppError('role_insufficient', { detail: `Only an owner may ${verb} an owner or an admin.` });
}
