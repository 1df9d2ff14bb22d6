import { describe, expect, it } from '@jest/globals';

import { planParent, type ParentIds } from './plan-key-change.js';

const TEAM = 'a team';
const CUSTOMER = 'a customer';

describe('planParent', () => {
  const inTeam = { teamId: TEAM, customerId: null };
  const inCustomer = { teamId: null, customerId: CUSTOMER };
  const alone = { teamId: null, customerId: null };

  it.each<
    [ParentIds, typeof inTeam | typeof inCustomer | typeof alone, { teamId: string | null; customerId: string | null }]
  >([
    [{}, inTeam, inTeam],
    [{ team_id: null, customer_id: null }, inCustomer, inCustomer],
    [{ customer_id: CUSTOMER }, inTeam, inCustomer],
    [{ customer_id: CUSTOMER, team_id: null }, inTeam, inCustomer],
    [{ team_id: TEAM }, inCustomer, inTeam],
    [{ team_id: TEAM }, alone, inTeam],
    [{ team_id: '' }, inTeam, alone],
    [{ team_id: '' }, inCustomer, inCustomer],
    [{ customer_id: '' }, inCustomer, alone],
  ])('of %j', (request, current, planned) => {
    expect(planParent(current, request)).toEqual(planned);
  });

  it.each<ParentIds>([
    { team_id: TEAM, customer_id: CUSTOMER },
    { team_id: '', customer_id: '' },
    { team_id: '', customer_id: CUSTOMER },
  ])('refuses both: %j', (request) => {
    expect(() => planParent(alone, request)).toThrow('cannot be attached to both');
  });
});
