import { describe, expect, it } from '@jest/globals';
import { AppError, catalogue, errorCodes } from '@penstock/domain';

import { toErrorAnswer } from './error-response.js';

const codes = errorCodes.map((code) => [code] as const);

describe('toErrorAnswer', () => {
  it.each(codes)('%s in the dialect of OpenAI', (code) => {
    const entry = catalogue[code];
    const answer = toErrorAnswer(new AppError(code), 'openai', 'req-1');
    expect(answer.status).toBe(entry.statusBearer ?? entry.status);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-request-id': 'req-1',
    });
    expect(JSON.parse(answer.body)).toEqual({
      error: {
        message: entry.title,
        type: entry.openAiType,
        param: null,
        code,
        remedy: entry.remedy,
        request_id: 'req-1',
      },
    });
  });

  it.each(codes)('%s in the dialect of x-bf-vk', (code) => {
    const entry = catalogue[code];
    const answer = toErrorAnswer(new AppError(code, { detail: 'What happened.' }), 'bifrost', 'req-1');
    expect(answer.status).toBe(entry.status);
    expect(JSON.parse(answer.body)).toEqual({
      error: 'What happened.',
      type: entry.bifrostType ?? code,
      status_code: entry.status,
      code,
      remedy: entry.remedy,
      request_id: 'req-1',
    });
  });

  it.each(codes)('%s says when to come back if it is about the moment', (code) => {
    const { headers, status } = toErrorAnswer(new AppError(code), 'openai', 'r');
    if (status === 503) expect(headers['retry-after']).toBe('1');
    if (status === 401) expect(headers['www-authenticate']).toBe('Bearer realm="penstock"');
  });

  it('carries the machine-readable details in both dialects', () => {
    const error = new AppError('token_limited', {
      detail: 'The token limit…',
      fields: [{ path: 'max_tokens', reason: 'too much' }],
      data: { remedy: 'Lower it.', retry_after_ms: 1_200.5, limits: [{ decides: true }] },
    });
    const details = {
      code: 'token_limited',
      remedy: 'Lower it.',
      retry_after_ms: 1_200.5,
      limits: [{ decides: true }],
      fields: [{ path: 'max_tokens', reason: 'too much' }],
    };
    const openai = toErrorAnswer(error, 'openai', 'r');
    const bifrost = toErrorAnswer(error, 'bifrost', 'r');
    expect(JSON.parse(openai.body)).toMatchObject({
      error: { ...details, param: 'max_tokens', type: 'rate_limit_error' },
    });
    expect(JSON.parse(bifrost.body)).toMatchObject({ ...details, type: 'token_limited', status_code: 429 });
    for (const { headers } of [openai, bifrost]) {
      expect(headers).toMatchObject({ 'retry-after': '2', 'retry-after-ms': '1201' });
    }
  });

  it('never says "now" to a caller that has to wait', () => {
    const error = new AppError('request_limited', { data: { retry_after_ms: 0 } });
    expect(toErrorAnswer(error, 'openai', 'r').headers).toMatchObject({ 'retry-after': '1', 'retry-after-ms': '0' });
  });

  it('keeps the cause to itself', () => {
    const error = new AppError('store_unavailable', { cause: new Error('connect ECONNREFUSED 10.0.0.7:6379') });
    expect(toErrorAnswer(error, 'openai', 'r').body).not.toContain('10.0.0.7');
  });
});
