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

    const known = (kind: string): string[] => [1, 2, 3].map((pick) => pool.resolve(new EntityRef(kind, pick)));
    expect(new Set(known('virtual_key'))).toEqual(new Set(['k1']));
    expect(new Set(known('team'))).toEqual(new Set(['t1', 't2']));
    expect(new Set(known('budget'))).toEqual(new Set(['b1']));
    expect(known('request')[0]).toMatch(/^01890000-/);
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
