import {
  governanceClient,
  type BudgetInput,
  type LimitsInput,
  type RateLimitInput,
  type Stack,
} from '@penstock/testing';

/** A customer with a team with a key. */
export interface Tenant {
  readonly customerId: string;
  readonly teamId: string;
  readonly keyId: string;
  readonly virtualKey: string;
}

/** A level of a call's path. */
export type Level = 'virtual_key' | 'team' | 'customer';

/** The limits of a tenant; a level that is absent has none. */
export type TenantLimits = Readonly<Partial<Record<Level, LimitsInput>>>;

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

const ORDINARY_LEVEL: LimitsInput = { budget: AMPLE_BUDGET, rate_limit: AMPLE_RATE };
/** Two budgets, one of them by the calendar, and two rate limits: {@link FULL_PATH} is three of these. */
const FULL_LEVEL: LimitsInput = {
  budgets: [AMPLE_BUDGET, { ...AMPLE_BUDGET, reset_duration: '1d', calendar_aligned: true }],
  rate_limit: AMPLE_RATE,
};

/** A budget, a token limit and a request limit at each level: nine counters. What the benchmark calls governed. */
export const ORDINARY_PATH: TenantLimits = {
  virtual_key: ORDINARY_LEVEL,
  team: ORDINARY_LEVEL,
  customer: ORDINARY_LEVEL,
};

/** Twelve counters: three levels, two budgets and two rate limits each. */
export const FULL_PATH: TenantLimits = { virtual_key: FULL_LEVEL, team: FULL_LEVEL, customer: FULL_LEVEL };

/** One budget, on the key. Its team and customer are there, and limit nothing. */
export const ONE_LIMIT: TenantLimits = { virtual_key: { budget: AMPLE_BUDGET } };

/** The ordinary path with a budget that the load must exhaust at one level. */
export function tightAt(level: Level): TenantLimits {
  return { ...ORDINARY_PATH, [level]: { ...ORDINARY_LEVEL, budget: TIGHT_BUDGET } };
}

/** Creates a tenant through the governance API. */
export async function createTenant(stack: Stack, name: string, limits: TenantLimits = ORDINARY_PATH): Promise<Tenant> {
  const governance = governanceClient(stack);
  const customer = await governance.createCustomer({ name: `${name} customer`, ...limits.customer });
  const team = await governance.createTeam({ name: `${name} team`, customer_id: customer.id, ...limits.team });
  const key = await governance.createVirtualKey({ name: `${name} key`, team_id: team.id, ...limits.virtual_key });
  return { customerId: customer.id, teamId: team.id, keyId: key.id, virtualKey: key.value };
}
