import { describe, expect, it } from '@jest/globals';

import { shapeOfChatRequest } from '../estimate/call-shape.js';
import type { LimitReport } from '../limits/judge-limits.js';
import type { LimitSpec, LimitUnit, OnExceed } from '../limits/limits.js';
import { policyOf, questionOf } from '../../test/admission-fixtures.js';
import { decideCall } from './decide-call.js';
import { mightFitTighter } from './might-fit-tighter.js';

const decision = decideCall(
  policyOf(),
  questionOf({ shape: shapeOfChatRequest({ messages: [{ role: 'user', content: 'x' }], max_tokens: 100 }, 10_000) }),
);

type Left = readonly [unit: LimitUnit, remaining: string, onExceed?: OnExceed];

function refusal(limits: readonly Left[]): Parameters<typeof mightFitTighter>[0] {
  const reports = limits.map(
    ([unit, remaining, on_exceed = 'deny']) => ({ unit, remaining, on_exceed }) as LimitReport,
  );
  const exceeded = limits
    .filter(([, , onExceed]) => onExceed !== 'shadow')
    .map(([, , onExceed = 'deny']) => ({ onExceed }) as LimitSpec);
  return {
    decision,
    exceeded,
    refusal: { limits: reports } as unknown as Parameters<typeof mightFitTighter>[0]['refusal'],
  };
}

describe('mightFitTighter', () => {
  it.each<[expected: boolean, ...limits: Left[]]>([
    [true, ['tokens', '5000'], ['requests', '1']],
    [false, ['tokens', '100']],
    [false, ['tokens', '0']],
    [false, ['tokens', '5000'], ['requests', '0']],
    [true, ['tokens', '5000'], ['requests', '0', 'shadow']],
    [false, ['tokens', '5000'], ['nano_usd', '1000']],
    [true, ['tokens', '99999999999999999999'], ['nano_usd', '99999999999999999999']],
    // 132 tokens of overhead: with an answer of 100 it does not fit, with one of a single token it does.
    [false, ['tokens', '140', 'deny']],
    [true, ['tokens', '140', 'clamp']],
  ])('%p with %j', (expected, ...limits) => {
    expect(mightFitTighter(refusal(limits))).toBe(expected);
  });
});
