import { describe, expect, it } from '@jest/globals';

import { classifyUpstreamError } from './classify-upstream-error.js';
import { ExchangeAbortedError } from './exchange.js';

const failed = (code: string, message = 'private detail'): Error => Object.assign(new Error(message), { code });

describe('classifyUpstreamError', () => {
  it.each([
    ['UND_ERR_HEADERS_TIMEOUT', 'upstream_timeout', 504],
    ['UND_ERR_BODY_TIMEOUT', 'upstream_timeout', 504],
    ['UND_ERR_CONNECT_TIMEOUT', 'upstream_unreachable', 502],
    ['ECONNREFUSED', 'upstream_unreachable', 502],
    ['ENOTFOUND', 'upstream_unreachable', 502],
    ['CERT_HAS_EXPIRED', 'upstream_unreachable', 502],
    ['ECONNRESET', 'upstream_unreachable', 502],
    ['UND_ERR_SOCKET', 'upstream_unreachable', 502],
    ['HPE_INVALID_CONSTANT', 'upstream_unreachable', 502],
  ])('%s is %s', (code, expected, status) => {
    const cause = failed(code);
    const error = classifyUpstreamError(cause, 'openai');
    expect(error).toMatchObject({ code: expected, status, cause });
    expect(error.detail).toContain("'openai'");
    expect(error.detail).not.toContain('private');
  });

  it('does not blame the network for what the gateway ended itself', () => {
    const error = classifyUpstreamError(new ExchangeAbortedError('the gateway is shutting down'), 'openai');
    expect(error.detail).toBe(
      "The answer of the provider 'openai' was not read to its end: the gateway is shutting down.",
    );
  });

  it('promises that nothing was charged only where nothing can have been sent', () => {
    expect(classifyUpstreamError(failed('ECONNREFUSED'), 'x').detail).toContain('nothing was charged');
    expect(classifyUpstreamError(failed('ECONNRESET'), 'x').detail).not.toContain('charged');
    expect(classifyUpstreamError(new Error('no code'), 'x').detail).not.toContain('charged');
  });
});
