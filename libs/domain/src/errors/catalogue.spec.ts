import { describe, expect, it } from '@jest/globals';
import { AppError } from './app-error.js';
import { catalogue, type ErrorCode, errorCodes, statusOf } from './catalogue.js';

describe('the error catalogue', () => {
  it.each(errorCodes.map((code) => [code]))('%s is complete', (code) => {
    const entry = catalogue[code];
    expect(entry.code).toBe(code);
    expect(code).toMatch(/^[a-z][a-z_]*[a-z]$/);
    expect(entry.status).toBeGreaterThanOrEqual(400);
    expect(entry.status).toBeLessThan(600);
    expect(entry.title).toMatch(/^[A-Z].*\.$/);
    expect(entry.remedy).toMatch(/^[A-Z].*\.$/);
    expect(entry.explanation.length).toBeGreaterThan(40);
    // Alerts follow the level: what a caller did wrong must not wake anybody.
    if (entry.status < 500) expect(entry.logLevel).toBe('info');
  });

  it.each<[ErrorCode, number]>([
    ['virtual_key_required', 400],
    ['virtual_key_empty', 400],
    ['virtual_key_not_found', 403],
    ['virtual_key_blocked', 403],
    ['model_blocked', 403],
    ['provider_blocked', 403],
    ['model_unpriced', 403],
    ['model_not_found', 404],
    ['provider_not_configured', 400],
    ['request_invalid', 400],
    ['request_malformed_json', 400],
    ['request_too_large', 413],
    ['token_limited', 429],
    ['request_limited', 429],
    ['rate_limited', 429],
    ['budget_exceeded', 402],
    ['store_unavailable', 503],
    ['policy_unavailable', 503],
    ['upstream_unreachable', 502],
    ['upstream_timeout', 504],
    ['upstream_malformed', 502],
    ['overloaded', 503],
    ['shutting_down', 503],
    ['authentication_required', 401],
    ['authentication_invalid', 401],
    ['forbidden', 403],
    ['not_found', 404],
    ['method_not_allowed', 405],
    ['already_exists', 400],
    ['name_taken', 400],
    ['reference_dangling', 400],
    ['ownership_conflict', 400],
    ['validation_failed', 400],
    ['database_unavailable', 503],
    ['internal_unexpected', 500],
  ])('%s answers %p', (code, status) => {
    expect(catalogue[code].status).toBe(status);
  });

  it('blames a bearer credential with 401, as SDKs expect', () => {
    expect(statusOf('virtual_key_not_found', 'bearer')).toBe(401);
    expect(statusOf('virtual_key_blocked', 'bearer')).toBe(401);
    expect(statusOf('virtual_key_blocked', 'virtual_key_header')).toBe(403);
    expect(statusOf('budget_exceeded', 'bearer')).toBe(402);
  });

  it('says what the governance contract looks for', () => {
    expect(catalogue.ownership_conflict.title.toLowerCase()).toContain('cannot be attached to both');
    expect(catalogue.budget_exceeded.title.toLowerCase()).toContain('budget');
    expect(catalogue.token_limited.title.toLowerCase()).toContain('token');
    expect(catalogue.request_limited.title.toLowerCase()).toContain('rate');
  });
});

describe('AppError', () => {
  it('speaks the title of its code unless told more', () => {
    expect(new AppError('not_found')).toMatchObject({
      code: 'not_found',
      status: 404,
      message: catalogue.not_found.title,
    });
    expect(new AppError('not_found').detail).toBeUndefined();
  });

  it('keeps the private cause apart from the public detail', () => {
    const cause = new Error('connect ECONNREFUSED 10.0.0.7');
    const error = new AppError('database_unavailable', { detail: 'Try later.', cause, data: { retry_after_s: 1 } });
    expect(error).toMatchObject({ message: 'Try later.', detail: 'Try later.', cause, data: { retry_after_s: 1 } });
    expect(error).toBeInstanceOf(Error);
    expect(JSON.stringify(Object.entries(error))).not.toContain('ECONNREFUSED');
  });
});
