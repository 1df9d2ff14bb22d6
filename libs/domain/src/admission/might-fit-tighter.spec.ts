import { describe, expect, it } from '@jest/globals';
import { AppError, type LimitUnit, modelInfo, resolvePrice, shapeOfChatRequest } from '@penstock/domain';

import { mightFitTighter } from './might-fit-tighter.js';

const call = {
  shape: shapeOfChatRequest({ messages: [{ role: 'user', content: 'x' }], max_tokens: 100 }, 10_000),
  info: modelInfo('openai', 'gpt-4o'),
  price: resolvePrice('openai', 'gpt-4o', Date.UTC(2026, 0, 1)),
};

function refusal(...limits: readonly (readonly [unit: LimitUnit, remaining: string])[]): AppError {
  return new AppError('token_limited', { data: { limits: limits.map(([unit, remaining]) => ({ unit, remaining })) } });
}

describe('mightFitTighter', () => {
  it.each<[expected: boolean, ...limits: [LimitUnit, string][]]>([
    [true, ['tokens', '5000'], ['requests', '1']],
    [false, ['tokens', '100']],
    [false, ['tokens', '0']],
    [false, ['tokens', '5000'], ['requests', '0']],
    [false, ['tokens', '5000'], ['nano_usd', '1000']],
    [true, ['tokens', '99999999999999999999'], ['nano_usd', '99999999999999999999']],
  ])('%p with %j', (expected, ...limits) => {
    expect(mightFitTighter(refusal(...limits), call)).toBe(expected);
  });
});
