import { describe, expect, it } from '@jest/globals';
import type { AdminRole } from '@penstock/entities';
import fc from 'fast-check';

import {
  type ActingOperator,
  refusalOfCreate,
  refusalOfDelete,
  refusalOfSessions,
  refusalOfUpdate,
  type TargetUser,
  type UserChange,
} from './plan-user-change.js';

const roles: AdminRole[] = ['owner', 'admin', 'user'];
const act = (role: AdminRole, id = 'actor'): ActingOperator => ({ id, role });
const user = (role: AdminRole, userId = 'target', isActive = true): TargetUser => ({ userId, role, isActive });

describe('who may create which role', () => {
  it.each<[AdminRole, AdminRole, string | undefined]>([
    ['owner', 'owner', undefined],
    ['owner', 'admin', undefined],
    ['owner', 'user', undefined],
    ['admin', 'owner', 'role_insufficient'],
    ['admin', 'admin', 'role_insufficient'],
    ['admin', 'user', undefined],
    ['user', 'user', 'role_insufficient'],
  ])('%s creates %s: %p', (actor, role, code) => {
    expect(refusalOfCreate(act(actor), role)?.code).toBe(code);
  });
});

describe('who may change whom', () => {
  it.each<[string, ActingOperator, TargetUser, UserChange, number, string | undefined]>([
    ['owner renames owner', act('owner'), user('owner'), {}, 0, undefined],
    ['owner promotes user', act('owner'), user('user'), { role: 'owner' }, 1, undefined],
    ['owner changes own role', act('owner', 'a'), user('owner', 'a'), { role: 'owner' }, 5, 'own_account'],
    [
      'owner deactivates itself beside another',
      act('owner', 'a'),
      user('owner', 'a'),
      { isActive: false },
      1,
      undefined,
    ],
    [
      'owner deactivates itself as the last',
      act('owner', 'a'),
      user('owner', 'a'),
      { isActive: false },
      0,
      'last_owner',
    ],
    ['master key demotes the last owner', act('owner'), user('owner'), { role: 'admin' }, 0, 'last_owner'],
    ['master key demotes an inactive owner', act('owner'), user('owner', 't', false), { role: 'user' }, 0, undefined],
    ['owner demotes one of two', act('owner'), user('owner'), { role: 'user' }, 1, undefined],
    ['admin renames user', act('admin'), user('user'), {}, 1, undefined],
    ['admin deactivates user', act('admin'), user('user'), { isActive: false }, 1, undefined],
    ['admin renames itself', act('admin', 'a'), user('admin', 'a'), {}, 1, 'role_insufficient'],
    ['admin renames owner', act('admin'), user('owner'), {}, 1, 'role_insufficient'],
    ['admin promotes user', act('admin'), user('user'), { role: 'admin' }, 1, 'role_insufficient'],
    ['admin confirms the role of a user', act('admin'), user('user'), { role: 'user' }, 1, undefined],
  ])('%s', (_what, actor, target, change, otherOwners, code) => {
    expect(refusalOfUpdate(actor, target, change, otherOwners)?.code).toBe(code);
  });
});

describe('who may delete whom', () => {
  it.each<[string, ActingOperator, TargetUser, number, string | undefined]>([
    ['owner deletes owner beside another', act('owner'), user('owner'), 1, undefined],
    ['owner deletes itself', act('owner', 'a'), user('owner', 'a'), 5, 'own_account'],
    ['admin deletes itself: self comes before role', act('admin', 'a'), user('admin', 'a'), 5, 'own_account'],
    ['admin deletes admin', act('admin'), user('admin'), 1, 'role_insufficient'],
    ['admin deletes user', act('admin'), user('user'), 1, undefined],
    ['master key deletes the last owner', act('owner'), user('owner'), 0, 'last_owner'],
    ['master key deletes an inactive owner again', act('owner'), user('owner', 't', false), 0, undefined],
  ])('%s', (_what, actor, target, otherOwners, code) => {
    expect(refusalOfDelete(actor, target, otherOwners)?.code).toBe(code);
  });
});

it('never leaves an installation without an active owner, whatever is tried in which order', () => {
  const step = fc.record({
    actor: fc.nat(3),
    target: fc.nat(3),
    isDelete: fc.boolean(),
    role: fc.option(fc.constantFrom(...roles), { nil: undefined }),
    isActive: fc.option(fc.boolean(), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const users = roles.concat('owner').map((role, index) => user(role, String(index)));
      for (const { actor, target: index, isDelete, role, isActive } of steps) {
        const target = users[index];
        const by = users[actor];
        if (target === undefined || by === undefined || !by.isActive) continue;
        const otherOwners = users.filter((one) => one !== target && one.role === 'owner' && one.isActive).length;
        const operator = { id: by.userId, role: by.role };
        const refusal = isDelete
          ? refusalOfDelete(operator, target, otherOwners)
          : refusalOfUpdate(operator, target, { role, isActive }, otherOwners);
        if (refusal !== null) continue;
        users[index] = isDelete
          ? { ...target, isActive: false }
          : { ...target, role: role ?? target.role, isActive: isActive ?? target.isActive };
        expect(users.some((one) => one.role === 'owner' && one.isActive)).toBe(true);
      }
    }),
  );
});

describe('whose logins may be seen and ended', () => {
  it.each<[AdminRole, AdminRole, string | undefined]>([
    ['owner', 'owner', undefined],
    ['owner', 'user', undefined],
    ['admin', 'owner', 'role_insufficient'],
    ['admin', 'admin', 'role_insufficient'],
    ['admin', 'user', undefined],
    ['user', 'user', 'role_insufficient'],
  ])('%s of %s: %p', (actor, target, code) => {
    expect(refusalOfSessions(act(actor), user(target))?.code).toBe(code);
  });

  it.each(roles)('are one’s own as %s', (role) => {
    expect(refusalOfSessions(act(role, 'me'), user(role, 'me'))).toBeNull();
  });
});
