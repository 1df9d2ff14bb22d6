import { describe, expect, it } from '@jest/globals';

import { EntityPool, EntityRef } from './entity-pool.js';

describe('EntityPool', () => {
  it('knows the kind of an id from where it stood in an answer', () => {
    const pool = new EntityPool();
    pool.learn({
      message: 'x',
      request_id: 'r',
      virtual_key: { id: 'k1', name: 'n', team_id: 't1', budget: { id: 'b1' } },
    });
    pool.learn({ teams: [{ id: 't1' }, { id: 't2' }] });
    pool.learn({ webhook_deliveries: [{ id: 'd1' }] });

    const known = (kind: string): string[] => [1, 2, 3].map((pick) => pool.resolve(new EntityRef(kind, pick)));
    expect(new Set(known('virtual_key'))).toEqual(new Set(['k1']));
    expect(new Set(known('team'))).toEqual(new Set(['t1', 't2']));
    expect(new Set(known('budget'))).toEqual(new Set(['b1']));
    expect(new Set(known('webhook_delivery'))).toEqual(new Set(['d1']));
    expect(known('request')[0]).toMatch(/^01890000-/);
  });

  it('knows in what an entity was met', () => {
    const pool = new EntityPool();
    pool.learn({ teams: [{ id: 't1', budget: { id: 'b1', raises: [{ id: 'r1' }, { id: 'r2' }] } }] });

    expect(pool.ownerOf('r2', 'budget')).toBe('b1');
    expect(pool.ownerOf('r2', 'team')).toBeUndefined();
    expect(pool.ownerOf('b1', 'team')).toBe('t1');
  });

  it('takes the ids of users for those of admin users where answers name no other', () => {
    const pool = new EntityPool();
    pool.learn([{ user_id: 'u1' }, { user_id: 'u2' }]);
    pool.forget('admin_user', 'u2');

    expect(pool.resolve(new EntityRef('admin_user', 1))).toBe('u1');
    expect(pool.resolve(new EntityRef('admin_user', 0))).toBe('u2');
  });

  it('names half of the time one of those that appeared last', () => {
    const pool = new EntityPool();
    const ids = Array.from({ length: 100 }, (_, index) => `j${index}`);
    pool.learn(ids.map((id) => ({ job_id: id })));

    const picks = Array.from({ length: 800 }, (_, pick) => pool.resolve(new EntityRef('job', pick)));
    const newest = picks.filter((id) => ids.slice(-8).includes(id));
    expect(newest.length).toBeGreaterThan(350);
    expect(newest.length).toBeLessThan(450);
    expect(new Set(picks).size).toBeGreaterThan(80);
  });

  it('names what was deleted seldom, and never as alive again', () => {
    const pool = new EntityPool();
    pool.learn({ team: { id: 't1' } });
    pool.forget('team', 't1');
    pool.learn({ team: { id: 't2', customer: null } });
    pool.learn({ virtual_key: { id: 'k1', team_id: 't1' } });

    const picks = Array.from({ length: 16 }, (_, pick) => pool.resolve(new EntityRef('team', pick)));
    expect(picks.filter((id) => id === 't1')).toHaveLength(2);
    expect(picks.filter((id) => id === 't2')).toHaveLength(14);
  });
});
