import { describe, expect, it } from '@jest/globals';
import type { IncomingHttpHeaders } from 'node:http';

import type { StrategyName } from './authentication-strategy.js';
import { type ClosedAccess, strategiesFor } from './route-access.js';

const key = { 'x-admin-key': 'k' };
const token = { authorization: 'Bearer ey.x.y' };
const teamKey = { authorization: 'bearer sk-x' };

describe('which credentials a route checks', () => {
  it.each<[ClosedAccess, IncomingHttpHeaders, StrategyName[]]>([
    ['operator', {}, []],
    ['operator', key, ['admin-key']],
    ['operator', token, ['operator-token']],
    ['operator', { ...key, ...token }, ['admin-key', 'operator-token']],
    ['operator', teamKey, ['operator-token']],
    ['operator', { authorization: '' }, ['operator-token']],
    ['operator', { 'x-admin-key': '' }, ['admin-key']],
    ['team', {}, []],
    ['team', key, []],
    ['team', token, ['team-key']],
    ['team', teamKey, ['team-key']],
    ['team', { ...key, ...teamKey }, ['admin-key', 'team-key']],
    ['team or operator', {}, []],
    ['team or operator', key, ['admin-key']],
    ['team or operator', token, ['operator-token']],
    ['team or operator', teamKey, ['team-key']],
    ['team or operator', { authorization: 'sk-x' }, ['operator-token']],
  ])('of %s, shown %j: %j', (access, headers, expected) => {
    expect(strategiesFor(access, headers)).toEqual(expected);
  });
});
