import { describe, expect, it } from '@jest/globals';
import { modelInfo } from '../models/model-info.js';
import { resolvePrice } from '../prices/resolve-price.js';
import { estimateCall } from '../estimate/estimate.js';
import { explainRefusal, type Refusal, type RefusalContext } from './explain-refusal.js';
import { planLimits } from './limit-plan.js';
import { type CallAmounts, type LimitEntity, limitKey, type LimitSpec, type LimitUnit } from './limits.js';

const NOW = Date.parse('2026-11-23T12:00:00Z');
/** Began an hour ago, ends in a minute. */
const WINDOW: LimitSpec['window'] = { kind: 'rolling', durationMs: 3_660_000, anchorMs: NOW - 3_600_000 };
const AMOUNTS: CallAmounts = {
  requests: 1,
  tokens: 50,
  inputTokens: 30,
  outputTokens: 20,
  concurrentRequests: 1,
  costNanoUsd: 20_000_000n,
  clientCostNanoUsd: 20_000_000n,
  credits: 0n,
  microCredits: 0n,
};
const NAMES: Readonly<Record<LimitEntity, string>> = {
  model_config: 'gpt-4o of demo',
  provider_config: 'openai of demo',
  virtual_key: 'demo',
  shared_budget: 'Pool',
  team: 'Search',
  customer: 'Acme',
};

function limit(unit: LimitUnit, entity: LimitEntity, cap: bigint | number, change: Partial<LimitSpec> = {}): LimitSpec {
  return {
    key: limitKey(unit, 1),
    limitId: `${entity}-limit`,
    unit,
    entity,
    entityId: `${entity}-id`,
    entityName: NAMES[entity],
    cap: cap.toString(),
    generation: 0,
    window: WINDOW,
    durationText: '1h1m',
    ...change,
  };
}

function explain(
  entries: readonly (readonly [LimitSpec, bigint])[],
  amounts: CallAmounts = AMOUNTS,
  context: RefusalContext = {},
): Refusal {
  return explainRefusal(
    planLimits(
      entries.map(([spec]) => spec),
      1,
      NOW,
    ),
    entries.map(([, used]) => used),
    amounts,
    NOW,
    context,
  );
}

describe('which limit decides', () => {
  const full = {
    keyRequests: [limit('requests', 'virtual_key', 10), 10n],
    keyTokens: [limit('tokens', 'virtual_key', 1_000), 990n],
    keyBudget: [limit('nano_usd', 'virtual_key', 10n ** 9n), 999_000_000n],
    teamRequests: [limit('requests', 'team', 10), 10n],
    teamBudget: [limit('nano_usd', 'team', 10n ** 9n), 10n ** 9n],
    customerTokens: [limit('tokens', 'customer', 1_000), 1_000n],
    modelInput: [limit('input_tokens', 'model_config', 100), 90n],
    providerOutput: [limit('output_tokens', 'provider_config', 100), 90n],
    teamConcurrent: [limit('concurrent_requests', 'team', 2, { window: { kind: 'unending' } }), 2n],
    sharedBudget: [limit('nano_usd', 'shared_budget', 10n ** 9n), 10n ** 9n],
    customerBudget: [limit('nano_usd', 'customer', 10n ** 9n), 10n ** 9n],
  } as const satisfies Record<string, readonly [LimitSpec, bigint]>;
  const roomy = [limit('nano_usd', 'virtual_key', 10n ** 12n), 0n] as const;

  it.each<[string, readonly (readonly [LimitSpec, bigint])[], string, number, LimitEntity, LimitUnit]>([
    ['one budget', [full.keyBudget], 'budget_exceeded', 402, 'virtual_key', 'nano_usd'],
    ['the team`s budget', [roomy, full.teamBudget], 'budget_exceeded', 402, 'team', 'nano_usd'],
    ['key before customer', [full.customerBudget, full.keyBudget], 'budget_exceeded', 402, 'virtual_key', 'nano_usd'],
    ['team before customer', [full.customerBudget, full.teamBudget], 'budget_exceeded', 402, 'team', 'nano_usd'],
    ['tokens', [full.keyTokens], 'token_limited', 429, 'virtual_key', 'tokens'],
    ['requests', [full.keyRequests], 'request_limited', 429, 'virtual_key', 'requests'],
    ['rates before budgets', [full.keyBudget, full.customerTokens], 'token_limited', 429, 'customer', 'tokens'],
    ['both rates of the key', [full.keyTokens, full.keyRequests], 'rate_limited', 429, 'virtual_key', 'tokens'],
    [
      'the model before the provider',
      [full.providerOutput, full.modelInput],
      'token_limited',
      429,
      'model_config',
      'input_tokens',
    ],
    [
      'the provider before the key',
      [full.keyTokens, full.providerOutput],
      'token_limited',
      429,
      'provider_config',
      'output_tokens',
    ],
    [
      'input tokens and requests',
      [full.teamRequests, full.modelInput],
      'rate_limited',
      429,
      'model_config',
      'input_tokens',
    ],
    ['running requests', [full.teamConcurrent], 'concurrency_limited', 429, 'team', 'concurrent_requests'],
    [
      'running requests before budgets',
      [full.keyBudget, full.teamConcurrent],
      'concurrency_limited',
      429,
      'team',
      'concurrent_requests',
    ],
    [
      'the key before a shared budget',
      [full.sharedBudget, full.keyBudget],
      'budget_exceeded',
      402,
      'virtual_key',
      'nano_usd',
    ],
    [
      'a shared budget before the team',
      [full.teamBudget, full.sharedBudget],
      'budget_exceeded',
      402,
      'shared_budget',
      'nano_usd',
    ],
    ['rates of two levels', [full.customerTokens, full.teamRequests], 'rate_limited', 429, 'team', 'requests'],
  ])('%s', (_, entries, code, status, entity, unit) => {
    expect(explain(entries)).toMatchObject({ code, status, decided: { entity, unit, decides: true } });
  });

  it('reports every limit, and only those without room decide', () => {
    const refusal = explain([roomy, full.teamBudget, full.keyTokens]);
    expect(refusal.limits.map((one) => one.decides)).toEqual([false, true, true]);
    expect(refusal.decided).toEqual({
      entity: 'virtual_key',
      entity_id: 'virtual_key-id',
      entity_name: 'demo',
      limit_id: 'virtual_key-limit',
      unit: 'tokens',
      cap: '1000',
      used: '990',
      needed: '50',
      remaining: '10',
      window: '1h1m',
      window_kind: 'rolling',
      window_started_at: '2026-11-23T11:00:00.000Z',
      window_ends_at: '2026-11-23T12:01:00.000Z',
      on_exceed: 'deny',
      fits: false,
      decides: true,
    });
  });

  it('counts a shadow limit and never lets it decide', () => {
    const shadow = [limit('nano_usd', 'virtual_key', 1n, { onExceed: 'shadow' }), 5n] as const;
    const refusal = explain([shadow, full.teamBudget]);
    expect(refusal.decided.entity).toBe('team');
    expect(refusal.limits[0]).toMatchObject({ cap: '1', used: '5', on_exceed: 'shadow', fits: false, decides: false });
    expect(() => explain([shadow])).toThrow(RangeError);
  });

  it('says of running requests no window, because they have none', () => {
    const { decided } = explain([full.teamConcurrent]);
    expect(decided).not.toHaveProperty('window');
    expect(decided).not.toHaveProperty('window_ends_at');
  });

  it('lets a call through to the last unit: exactly full is not exceeded', () => {
    expect(() => explain([[limit('tokens', 'team', 1_000), 950n]])).toThrow(RangeError);
    expect(explain([[limit('tokens', 'team', 1_000), 951n]]).code).toBe('token_limited');
    expect(() => explain([])).toThrow(RangeError);
  });

  it('decides caps beyond 2^63 exactly', () => {
    const cap = 10n ** 26n;
    const amounts = { ...AMOUNTS, costNanoUsd: 1n };
    expect(explain([[limit('nano_usd', 'team', cap), cap]], amounts).decided.cap).toBe('1'.padEnd(27, '0'));
    expect(() => explain([[limit('nano_usd', 'team', cap), cap - 1n]], amounts)).toThrow(RangeError);
  });
});

describe('what it says', () => {
  it.each<[LimitSpec, bigint, RegExp]>([
    [
      limit('nano_usd', 'team', 10n ** 9n),
      990_000_000n,
      /^The budget of team "Search" does not cover this call: \$0\.01 of \$1\.00 per 1h1m is left, and the call may cost up to \$0\.02\.$/,
    ],
    [
      limit('tokens', 'virtual_key', 1_000),
      990n,
      /^The token limit of virtual key "demo" does not leave room for this call: 10 of 1000 tokens per 1h1m are left, and the call may use up to 50\.$/,
    ],
    [
      limit('requests', 'customer', 10),
      10n,
      /^The request rate of customer "Acme" is limited to 10 per 1h1m, and 10 were made in this window\.$/,
    ],
    [
      limit('input_tokens', 'model_config', 100),
      90n,
      /^The token limit of model config "gpt-4o of demo" does not leave room for this call: 10 of 100 input tokens per 1h1m are left, and the call may use up to 30\.$/,
    ],
    [
      limit('output_tokens', 'provider_config', 100),
      90n,
      /^The token limit of provider config "openai of demo" does not leave room for this call: 10 of 100 output tokens per 1h1m are left, and the call may use up to 20\.$/,
    ],
    [
      limit('concurrent_requests', 'team', 2, { window: { kind: 'unending' } }),
      2n,
      /^The request rate of team "Search" is limited to 2 concurrent requests, and 2 are running\.$/,
    ],
    [
      limit('concurrent_requests', 'virtual_key', 1, { window: { kind: 'unending' } }),
      1n,
      /limited to 1 concurrent request, and 1 are running\.$/,
    ],
  ])('names the entity and the thing that ran out', (spec, used, sentence) => {
    expect(explain([[spec, used]]).sentence).toMatch(sentence);
  });

  it('mentions both rates when both are reached', () => {
    const refusal = explain([
      [limit('requests', 'virtual_key', 1), 1n],
      [limit('tokens', 'virtual_key', 10), 10n],
    ]);
    expect(refusal.sentence).toContain('Token and request rate limits are both reached');
  });

  it('never reports less than nothing left, when a cap was lowered below the usage', () => {
    const refusal = explain([[limit('nano_usd', 'team', 100n), 200n]]);
    expect(refusal.decided).toMatchObject({ remaining: '0', used: '200' });
  });

  it('says how much running calls hold, when told', () => {
    const refusal = explain([[limit('tokens', 'team', 1_000), 990n]], AMOUNTS, { held: [600n] });
    expect(refusal.decided.held).toBe('600');
  });
});

describe('what would help', () => {
  const info = modelInfo('openai', 'gpt-4o');
  const price = resolvePrice('openai', 'gpt-4o', NOW);
  const shape = {
    bodyBytes: 100,
    messageCount: 1,
    imageParts: 0,
    hasUnboundedInput: false,
    choices: 1,
    maxOutputTokens: 1_000,
  };
  const { amounts } = estimateCall(shape, info, price);
  const call = { shape, info, price };

  it('waits for the end of the last window that decided', () => {
    const endingIn = (ms: number): Partial<LimitSpec> => ({
      window: { kind: 'rolling', durationMs: 3_600_000, anchorMs: NOW + ms - 3_600_000 },
    });
    const refusal = explain([
      [limit('requests', 'virtual_key', 1, endingIn(60_000)), 1n],
      [limit('requests', 'team', 1, endingIn(90_000)), 1n],
      [limit('requests', 'customer', 9, endingIn(999_000)), 1n],
    ]);
    expect(refusal.retryAfterMs).toBe(90_000);
    expect(refusal.remedy).toBe(
      'Wait until the window ends at 2026-11-23T12:01:30.000Z or ask an operator to raise the limit.',
    );
  });

  it('computes the max_tokens that fits every limit', () => {
    const refusal = explain(
      [
        [limit('tokens', 'team', 10_000), 9_000n],
        [limit('nano_usd', 'customer', 10n ** 9n), 10n ** 9n - 2_000_000n],
      ],
      amounts,
      { call },
    );
    const most = refusal.maxTokensThatFits ?? 0;
    const fits = (maxOutputTokens: number): boolean => {
      const needed = estimateCall({ ...shape, maxOutputTokens }, info, price).amounts;
      return needed.tokens <= 1_000 && needed.costNanoUsd <= 2_000_000n;
    };
    expect(most).toBeGreaterThan(0);
    expect([fits(most), fits(most + 1)]).toEqual([true, false]);
    expect(refusal.remedy).toContain(`Lower max_tokens to ${most} or less`);
  });

  it('lowers max_tokens for what limits output, and not for what limits input', () => {
    const output = explain([[limit('output_tokens', 'team', 1_000), 900n]], amounts, { call });
    expect(output.maxTokensThatFits).toBe(100);
    const input = explain([[limit('input_tokens', 'team', 1_000), 999n]], amounts, { call });
    expect(input.maxTokensThatFits).toBeUndefined();
  });

  it('waits for a running call to end where they are limited, and asks to try again soon', () => {
    const refusal = explain(
      [[limit('concurrent_requests', 'team', 2, { window: { kind: 'unending' } }), 2n]],
      amounts,
      {
        call,
      },
    );
    expect(refusal).toMatchObject({
      retryAfterMs: 1_000,
      remedy: 'Wait until a running call ends or ask an operator to raise the limit.',
    });
    expect(refusal.maxTokensThatFits).toBeUndefined();
  });

  it('says when enough of a sliding window has passed', () => {
    const spec = limit('requests', 'team', 1, { window: { kind: 'sliding', durationMs: 60_000, anchorMs: NOW } });
    const refusal = explain([[spec, 1n]]);
    // This bucket ends in 6 s, and what is in it counts for a minute more.
    expect(refusal.retryAfterMs).toBe(66_000);
    expect(refusal.remedy).toContain('Wait until 2026-11-23T12:01:06.000Z, when enough of the window has passed');
  });

  it('does not suggest max_tokens where requests ran out or the input alone is too much', () => {
    const requests: readonly [LimitSpec, bigint] = [limit('requests', 'team', 1), 1n];
    const tokens: readonly [LimitSpec, bigint] = [limit('tokens', 'team', 10_000), 9_900n];
    for (const entries of [[requests], [requests, tokens], [tokens]]) {
      const refusal = explain(entries, amounts, { call });
      expect(refusal.maxTokensThatFits).toBeUndefined();
      expect(refusal.remedy).not.toContain('max_tokens');
    }
  });

  it('does not send a caller to wait for what will never fit', () => {
    const refusal = explain([[limit('tokens', 'team', 500), 0n]], amounts, { call });
    expect(refusal.remedy).toMatch(
      /^Waiting will not help, the call is larger than the whole limit: lower max_tokens to \d+/,
    );
    const hopeless = explain([[limit('tokens', 'team', 5), 0n]], amounts, { call });
    expect(hopeless.remedy).toMatch(/send a shorter request/);
  });
});
