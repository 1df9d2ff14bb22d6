import { describe, expect, it } from '@jest/globals';

import { planRateLimitChange, type RateLimitPatch, type RateLimitState } from './plan-rate-limit-change.js';

const HOUR_MS = 3_600_000;
const ANCHOR_MS = Date.UTC(2026, 0, 1);
const current: RateLimitState = {
  tokenMaxLimit: '100',
  tokenResetDuration: '1h',
  tokenAnchorAt: new Date(ANCHOR_MS),
  tokenGeneration: 2,
  requestMaxLimit: null,
  requestResetDuration: null,
  requestAnchorAt: new Date(ANCHOR_MS),
  requestGeneration: 1,
  inputTokenMaxLimit: null,
  inputTokenResetDuration: null,
  inputTokenAnchorAt: new Date(ANCHOR_MS),
  inputTokenGeneration: 1,
  outputTokenMaxLimit: null,
  outputTokenResetDuration: null,
  outputTokenAnchorAt: new Date(ANCHOR_MS),
  outputTokenGeneration: 1,
  concurrentMaxLimit: null,
  windowType: 'fixed',
  onExceed: 'deny',
  fallbackModel: null,
};

describe('planRateLimitChange', () => {
  it.each<[RateLimitPatch | null, RateLimitState | undefined, string]>([
    [null, current, 'none'],
    [{}, current, 'delete'],
    [{ token_max_limit: null }, current, 'delete'],
    [{}, undefined, 'none'],
    [{ token_max_limit: 100 }, current, 'none'],
    [{ token_max_limit: 0 }, current, 'update'],
    [{ request_reset_duration: '1m' }, current, 'update'],
    [{ concurrent_max_limit: 3 }, current, 'update'],
    [{ concurrent_max_limit: 3 }, undefined, 'create'],
    [{ input_token_max_limit: 1, input_token_reset_duration: '1m' }, current, 'update'],
    [{ window_type: 'fixed' }, current, 'none'],
    [{ window_type: 'sliding' }, current, 'update'],
    [{ on_exceed: 'clamp' }, current, 'update'],
    [{ request_max_limit: 1, request_reset_duration: '1m' }, undefined, 'create'],
  ])('of %j', (patch, before, kind) => {
    expect(planRateLimitChange(before, patch, ANCHOR_MS).kind).toBe(kind);
  });

  it.each<[RateLimitPatch, string]>([
    [{ token_max_limit: 5 }, 'token_max_limit needs token_reset_duration'],
    [{ request_max_limit: 5, token_reset_duration: '1h' }, 'request_max_limit needs request_reset_duration'],
  ])('refuses a limit that has no duration: %j', (patch, sentence) => {
    expect(() => planRateLimitChange(undefined, patch, ANCHOR_MS)).toThrow(sentence);
  });

  it('begins the window of a half now when it is set for the first time, and leaves the other alone', () => {
    const nowMs = ANCHOR_MS + HOUR_MS / 2;

    const plan = planRateLimitChange(current, { request_max_limit: 5, request_reset_duration: '1m' }, nowMs);

    expect(plan).toEqual({
      kind: 'update',
      state: { ...current, requestMaxLimit: '5', requestResetDuration: '1m', requestAnchorAt: new Date(nowMs) },
    });
  });

  it('keeps the current window of a half when its duration changes', () => {
    const plan = planRateLimitChange(current, { token_reset_duration: '2h' }, ANCHOR_MS + 3.5 * HOUR_MS);

    expect(plan).toMatchObject({ state: { tokenAnchorAt: new Date(ANCHOR_MS + 3 * HOUR_MS), tokenGeneration: 2 } });
  });

  it('starts counting anew with another type of window, because it counts in another way', () => {
    const nowMs = ANCHOR_MS + 3.5 * HOUR_MS;

    const plan = planRateLimitChange(current, { window_type: 'sliding' }, nowMs);

    expect(plan).toMatchObject({
      state: { windowType: 'sliding', tokenAnchorAt: new Date(nowMs), tokenGeneration: 3, requestGeneration: 2 },
    });
  });

  it('starts counting anew when the duration of a sliding window changes: its buckets have another length', () => {
    const nowMs = ANCHOR_MS + 3.5 * HOUR_MS;

    const plan = planRateLimitChange({ ...current, windowType: 'sliding' }, { token_reset_duration: '2h' }, nowMs);

    expect(plan).toMatchObject({ state: { tokenAnchorAt: new Date(nowMs), tokenGeneration: 3, requestGeneration: 1 } });
  });

  it.each<[RateLimitPatch, string]>([
    [{ window_type: 'sliding' }, 'at least one limit'],
    [{ request_max_limit: 1, request_reset_duration: '1ms' }, 'at least 10ms'],
    [{ concurrent_max_limit: 1, on_exceed: 'fallback' }, 'needs a fallback_model'],
  ])('refuses a new one that limits nothing or cannot be kept: %j', (patch, sentence) => {
    expect(() => planRateLimitChange(undefined, patch, ANCHOR_MS)).toThrow(sentence);
  });
});
