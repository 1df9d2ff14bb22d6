import { describe, expect, it } from '@jest/globals';
import type { RequestContext } from '@penstock/platform';

import { mayReveal } from './may-reveal.js';

describe('mayReveal', () => {
  it.each([
    ['operator', true],
    ['service', false],
    ['system', false],
    ['anonymous', false],
  ] as const)('%s: %p', (kind, isAllowed) => {
    const ctx: RequestContext = { requestId: 'r', actor: { kind, id: 'x' }, ip: '', userAgent: '', nowMs: 0 };
    expect(mayReveal(ctx)).toBe(isAllowed);
  });
});
