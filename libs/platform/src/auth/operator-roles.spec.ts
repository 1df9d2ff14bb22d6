import { describe, expect, it } from '@jest/globals';

import { rolesThatMayCall, type OperatorRole } from './operator-roles.js';

const everyone: OperatorRole[] = ['owner', 'admin', 'user'];
const writers: OperatorRole[] = ['owner', 'admin'];

describe('the roles that may call a route', () => {
  it.each<[string, boolean, OperatorRole[] | undefined, OperatorRole[]]>([
    ['GET', false, undefined, everyone],
    ['HEAD', false, undefined, everyone],
    ['POST', false, undefined, writers],
    ['PUT', false, undefined, writers],
    ['PATCH', false, undefined, writers],
    ['DELETE', false, undefined, writers],
    // A method nobody thought of is a write.
    ['PROPFIND', false, undefined, writers],
    ['get', false, undefined, writers],
    ['POST', true, undefined, everyone],
    ['GET', false, ['owner'], ['owner']],
    ['POST', false, everyone, everyone],
    ['POST', true, ['owner'], ['owner']],
  ])('%s, read-only %p, required %p', (method, isReadOnly, required, expected) => {
    expect(rolesThatMayCall({ method, isReadOnly, required })).toEqual(expected);
  });
});
