import { describe, expect, it } from '@jest/globals';

import { refusalOf } from './gateway-refusal.js';

const own = (fields: Record<string, unknown>): string =>
  JSON.stringify({
    error: {
      message: 'Team a has no credits left.',
      type: 'insufficient_quota',
      param: null,
      remedy: 'Top up.',
      request_id: 'r',
      ...fields,
    },
  });

describe('refusalOf', () => {
  it("keeps a gateway's own code, sentence, remedy and reasons, but not its envelope", () => {
    const error = refusalOf({
      status: 402,
      headers: {},
      text: own({ code: 'credits_exhausted', decided_by: { unit: 'credits' } }),
    });
    expect(error).toMatchObject({ code: 'credits_exhausted', status: 402, detail: 'Team a has no credits left.' });
    expect(error.data).toEqual({ remedy: 'Top up.', decided_by: { unit: 'credits' } });
  });

  it.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': '7', 'retry-after-ms': '6500' }, 6_500],
    [{ 'retry-after': 'Fri, 01 Jan 2027 00:00:00 GMT' }, undefined],
    [{}, undefined],
  ])('keeps how long to wait: %p', (headers, expected) => {
    expect(refusalOf({ status: 429, headers, text: own({ code: 'request_limited' }) }).data?.['retryAfterMs']).toBe(
      expected,
    );
    expect(refusalOf({ status: 429, headers, text: '{}' }).data?.['retryAfterMs']).toBe(expected);
  });

  it.each([
    [400, '{"error":{"message":"Bad tool.","code":"request_invalid"}}', 'upstream_rejected', 'Bad tool.'],
    [404, '{"error":{"message":"No such model."}}', 'upstream_rejected', 'No such model.'],
    [429, '{"error":{"message":"Slow down."}}', 'upstream_failed', 'Slow down.'],
    [500, '{"error":"broken"}', 'upstream_failed', 'broken'],
    [503, '<html>', 'upstream_failed', 'without saying why'],
    [500, 'null', 'upstream_failed', 'without saying why'],
  ])("a provider's %d %s is %s", (status, text, code, sentence) => {
    const error = refusalOf({ status, headers: {}, text });
    expect(error.code).toBe(code);
    expect(error.detail).toContain(sentence);
  });

  it('takes a code that is no code of ours for the provider’s', () => {
    expect(refusalOf({ status: 500, headers: {}, text: own({ code: 'toString' }) }).code).toBe('upstream_failed');
  });
});
