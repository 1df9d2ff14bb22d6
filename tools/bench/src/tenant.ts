import { governanceClient, type BudgetInput, type RateLimitInput, type Stack } from '@penstock/testing';

/** A customer with a team with a key; each has a budget, a token limit and a request limit: nine counters. */
export interface Tenant {
  readonly customerId: string;
  readonly teamId: string;
  readonly keyId: string;
  readonly virtualKey: string;
}

/** Which level, if any, has a budget that the load must exhaust. */
export type TightLevel = 'virtual_key' | 'team' | 'customer';

// Ample, and still within what Redis can count exactly in one number.
const AMPLE_BUDGET: BudgetInput = { max_limit: 50_000_000, reset_duration: '1M' };
const AMPLE_RATE: RateLimitInput = {
  token_max_limit: 1_000_000_000_000,
  token_reset_duration: '1d',
  request_max_limit: 1_000_000_000,
  request_reset_duration: '1d',
};
/** One cent: about a hundred of the benchmark's calls. */
const TIGHT_BUDGET: BudgetInput = { max_limit: 1, reset_duration: '1M' };

/** Creates a tenant through the governance API. */
export async function createTenant(stack: Stack, name: string, tight?: TightLevel): Promise<Tenant> {
  const governance = governanceClient(stack);
  const limitsOf = (level: TightLevel): { budget: BudgetInput; rate_limit: RateLimitInput } => ({
    budget: level === tight ? TIGHT_BUDGET : AMPLE_BUDGET,
    rate_limit: AMPLE_RATE,
  });
  const customer = await governance.createCustomer({ name: `${name} customer`, ...limitsOf('customer') });
  const team = await governance.createTeam({ name: `${name} team`, customer_id: customer.id, ...limitsOf('team') });
  const key = await governance.createVirtualKey({ name: `${name} key`, team_id: team.id, ...limitsOf('virtual_key') });
  return { customerId: customer.id, teamId: team.id, keyId: key.id, virtualKey: key.value };
}
