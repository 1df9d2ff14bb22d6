import { Agent, request as httpRequest } from 'node:http';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@penstock/testing';

interface Answer {
  readonly status: number;
  readonly text: string;
}

describe('management through the gateway while the service behind it is away', () => {
  let stack: Stack;
  /** One connection: what an answer leaves behind on it, the next request meets. */
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  beforeAll(async () => {
    stack = await startStack({ workers: 0, admin: false, simulator: false });
    await stack.governance.kill();
  });
  afterAll(async () => {
    agent.destroy();
    await stack?.stop();
  });

  function send(method: string, path: string, body?: string): Promise<Answer> {
    const { hostname, port } = new URL(stack.gatewayUrl);
    return new Promise((resolve, reject) => {
      const headers = { 'x-admin-key': stack.masterKey, 'content-type': 'application/json' };
      const request = httpRequest({ hostname, port, agent, method, path, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  it('a long upload is answered 503, and its connection serves the next request', async () => {
    const body = `{"name":"${'x'.repeat(8_000_000)}"}`;
    for (const [method, path, sent] of [
      ['POST', '/api/governance/teams', body],
      ['GET', '/api/governance/teams', undefined],
      ['GET', '/health/live', undefined],
    ] as const) {
      const { status, text } = await send(method, path, sent);
      expect([path, status]).toEqual([path, path === '/health/live' ? 200 : 503]);
      if (status === 503) {
        expect(JSON.parse(text)).toMatchObject({ error: expect.any(String), code: 'service_unavailable' });
      }
    }
  });
});

describe('management through the gateway', () => {
  let stack: Stack;

  beforeAll(async () => {
    // Callers of the tests are no proxies to the gateway, and the gateway is one to the services.
    const gateway = { PENSTOCK_TRUSTED_PROXIES: '192.0.2.1' };
    stack = await startStack({ workers: 0, simulator: false, appEnv: { gateway } });
  });
  afterAll(() => stack?.stop());

  it('counts failed logins at the address of the caller, whatever he says of it', async () => {
    const attempt = async (address: string): Promise<number> => {
      const response = await fetch(`${stack.gatewayUrl}/api/admin-users/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
        body: JSON.stringify({ email: 'nobody@example.com', password: 'guess' }),
      });
      await response.arrayBuffer();
      return response.status;
    };
    const statuses: number[] = [];
    for (let index = 1; index <= 12; index += 1) statuses.push(await attempt(`198.51.100.${index}`));

    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
  });
});
