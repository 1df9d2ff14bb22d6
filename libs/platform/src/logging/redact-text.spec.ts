import { describe, expect, it } from '@jest/globals';

import { redactText } from './redact-text.js';

describe('redactText', () => {
  it.each([
    ['a virtual key', 'no sk-bf-0123456789abcdef here', 'no sk-[redacted] here'],
    ['a bearer token', 'sent Bearer abcdef.123456', 'sent Bearer [redacted]'],
    ['a password in a URL', 'postgres://user:pass@db/x', 'postgres://[redacted]@db/x'],
    ['the secret of a webhook', 'with whsec_AAAA+bbb/cc=.', 'with whsec_[redacted].'],
    ['the token of an operator', 'got "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoxfQ.c2ln-_x"', 'got "[redacted token]"'],
  ])('takes out %s', (_name, text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it('leaves other text alone', () => {
    const text = 'relation "governance.webhooks" does not exist; eyJust.a.word, risk-free';
    expect(redactText(text)).toBe(text);
  });
});
