import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';

import { mintWebhookSecret, webhookHeaders } from './webhook-signature.js';

describe('webhookHeaders', () => {
  const body = JSON.stringify({ type: 'webhook.test', text: 'ü €' });
  const sentAtMs = Date.now();

  it('is what an independent implementation of Standard Webhooks verifies', () => {
    const secret = mintWebhookSecret();
    const headers = webhookHeaders(secret, { id: 'msg-1', sentAtMs, body });

    expect(new Webhook(secret).verify(body, headers)).toEqual({ type: 'webhook.test', text: 'ü €' });
    expect(headers['webhook-signature']).toBe(new Webhook(secret).sign('msg-1', new Date(sentAtMs), body));
  });

  it.each([
    ['another secret', mintWebhookSecret(), 'msg-1', body],
    ['another id', '', 'msg-2', body],
    ['another body', '', 'msg-1', `${body} `],
  ])('does not verify with %s', (_name, otherSecret, id, otherBody) => {
    const secret = mintWebhookSecret();
    const headers = webhookHeaders(secret, { id: 'msg-1', sentAtMs, body });
    const verifier = new Webhook(otherSecret === '' ? secret : otherSecret);

    expect(() => verifier.verify(otherBody, { ...headers, 'webhook-id': id })).toThrow();
  });

  it('mints secrets of 32 random bytes', () => {
    const secret = mintWebhookSecret();

    expect(secret).toMatch(/^whsec_/);
    expect(Buffer.from(secret.slice(6), 'base64')).toHaveLength(32);
    expect(mintWebhookSecret()).not.toBe(secret);
  });
});
