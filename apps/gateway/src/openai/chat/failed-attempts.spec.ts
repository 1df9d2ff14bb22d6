import { describe, expect, it } from '@jest/globals';
import { AppError } from '@penstock/domain';

import { type FailedAttempt, isWorthAnotherTarget, refusedAttempt, upstreamFailure } from './failed-attempts.js';

const TARGET = { provider: 'openai', model: 'gpt-4o' };
const OTHER = { provider: 'groq', model: 'llama' };
const TIMEOUT: FailedAttempt = {
  ...OTHER,
  code: 'upstream_timeout',
  status: null,
  message: "The provider 'groq' did not answer in time.",
  isCharged: true,
  retryAfterMs: null,
};

function body(error: unknown): Buffer[] {
  return [Buffer.from(JSON.stringify({ error }))];
}

describe('isWorthAnotherTarget', () => {
  it.each([401, 402, 403, 408, 409, 429, 500, 502, 503, 504, 529])('%i is about the provider', (status) => {
    expect(isWorthAnotherTarget(status, [])).toBe(true);
  });

  it.each([301, 400, 404, 405, 413, 415, 422, 451])('%i is about the request', (status) => {
    expect(isWorthAnotherTarget(status, body({ code: 'invalid' }))).toBe(false);
  });

  it('a 404 is about the provider when it lacks the model', () => {
    expect(isWorthAnotherTarget(404, body({ code: 'model_not_found' }))).toBe(true);
    for (const other of [[], [Buffer.from('not json')], body('text'), body(null), body({ code: 'not_found' })]) {
      expect(isWorthAnotherTarget(404, other)).toBe(false);
    }
  });
});

describe('upstreamFailure', () => {
  it('of one attempt: its failure, and what was tried', () => {
    expect(upstreamFailure([refusedAttempt(TARGET, 500, {})])).toMatchObject({
      code: 'upstream_failed',
      detail: "The provider 'openai' answered with status 500.",
      data: { tried: [{ ...TARGET, code: 'upstream_failed', status: 500, charged: false }] },
    });
  });

  it('of several: the last failure, every attempt in order', () => {
    const refusal = new AppError('upstream_unreachable', { detail: "The provider 'openai' refused our credential." });
    const error = upstreamFailure([refusedAttempt(TARGET, 401, {}, refusal), TIMEOUT]);
    expect(error).toMatchObject({
      code: 'upstream_timeout',
      data: {
        tried: [
          { ...TARGET, status: 401, code: 'upstream_unreachable', message: refusal.detail, charged: false },
          { ...OTHER, status: null, charged: true },
        ],
      },
    });
    expect(error.detail).toMatch(/^2 attempts failed\. .*openai.*groq/);
  });

  it('limits of providers decide only when nothing else failed, and then the shortest wait is told', () => {
    const limited = [
      refusedAttempt(TARGET, 429, { 'retry-after': '7' }),
      refusedAttempt(OTHER, 429, { 'retry-after-ms': '1500.5', 'retry-after': '2' }),
      refusedAttempt(OTHER, 429, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }),
    ];
    expect(upstreamFailure(limited)).toMatchObject({ code: 'upstream_rate_limited', data: { retry_after_ms: 1_501 } });
    const mixed = upstreamFailure([TIMEOUT, ...limited]);
    expect(mixed.code).toBe('upstream_timeout');
    expect(mixed.data).not.toHaveProperty('retry_after_ms');
  });

  it('says why the next target was not tried', () => {
    const refusal = new AppError('budget_exceeded', { detail: 'Nothing is left.' });
    expect(upstreamFailure([TIMEOUT], refusal)).toMatchObject({
      code: 'upstream_timeout',
      detail: expect.stringContaining('Nothing is left.'),
      data: { not_tried: { code: 'budget_exceeded', message: 'Nothing is left.' } },
    });
  });
});
