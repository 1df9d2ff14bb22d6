import { setTimeout as pause } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Proof } from './support/proof.js';

let proof: Proof;

beforeAll(async () => {
  proof = await Proof.start();
});

afterAll(() => proof?.stop());

describe('Retry-After', () => {
  it.each([
    { window_type: 'fixed', request_reset_duration: '700ms', longestMs: 700 },
    { window_type: 'fixed', request_reset_duration: '2s', longestMs: 2_000 },
    { window_type: 'sliding', request_reset_duration: '700ms', longestMs: 770 },
    { window_type: 'sliding', request_reset_duration: '2s', longestMs: 2_200 },
  ] as const)(
    'of a $window_type window of $request_reset_duration: who waits that long is served',
    async ({ longestMs, ...limit }) => {
      const tenant = await proof.createTenant({ key: { rate_limit: { request_max_limit: 1, ...limit } } });
      let waited = 0;
      // A first call may be the last of its window; the refusal is what this is about.
      for (let served = 0; waited < 3; served += 1) {
        expect(served).toBeLessThan(40);
        const answer = await proof.call(tenant, { gateway: served % 2 });
        if (answer.status !== 429) continue;
        const waitMs = Number(answer.headers.get('retry-after-ms'));
        expect(waitMs).toBeLessThanOrEqual(longestMs);
        expect(answer.headers.get('retry-after')).toBe(String(Math.max(1, Math.ceil(waitMs / 1_000))));
        expect(JSON.parse(answer.text)).toMatchObject({
          remedy: expect.stringContaining('ait'),
          decided_by: { used: '1' },
        });
        await pause(waitMs);
        expect((await proof.call(tenant)).status).toBe(200);
        waited += 1;
      }
      await proof.settled(tenant);
    },
  );
});
