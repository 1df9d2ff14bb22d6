import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { LookupAddress } from 'node:dns';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { AddressPolicy, parseNetworks } from './address-policy.js';
import { OutboundSender, type OutboundResult } from './outbound-sender.js';

const LOOPBACK = ['127.0.0.0/8'];

describe('OutboundSender', () => {
  let server: Server;
  let port: number;
  let answer: RequestListener;
  let requests: string[];
  let connections: number;
  const senders: OutboundSender[] = [];

  beforeEach(async () => {
    requests = [];
    connections = 0;
    answer = (_request, response) => response.end('ok');
    server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url} of ${request.headers.host}`);
      request.resume();
      answer(request, response);
    });
    server.on('connection', () => (connections += 1));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });

  afterEach(async () => {
    await Promise.all(senders.splice(0).map((sender) => sender.close()));
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  /** A sender for which every name resolves to these addresses. */
  function sender(
    options: { networks?: string[]; addresses?: LookupAddress[]; deadlineMs?: number } = {},
  ): OutboundSender {
    const { networks = LOOPBACK, addresses = [{ address: '127.0.0.1', family: 4 }], deadlineMs = 5_000 } = options;
    const made = new OutboundSender(new AddressPolicy(parseNetworks(networks)), {
      deadlineMs,
      bodyBytesMax: 4_096,
      resolve: (_hostname, _options, done) => done(null, addresses),
    });
    senders.push(made);
    return made;
  }

  function post(made: OutboundSender, host = '127.0.0.1', scheme = 'http'): Promise<OutboundResult> {
    return made.post(`${scheme}://${host}:${port}/hook`, { 'content-type': 'application/json' }, '{}');
  }

  it('gives back status and body of a receiver that it may speak to', async () => {
    expect(await post(sender())).toEqual({ kind: 'answered', status: 200, body: 'ok' });
    expect(await post(sender(), 'receiver.test')).toEqual({ kind: 'answered', status: 200, body: 'ok' });
    expect(requests).toEqual([`POST /hook of 127.0.0.1:${port}`, `POST /hook of receiver.test:${port}`]);
  });

  it.each([
    ['resolves to loopback', [{ address: '127.0.0.1', family: 4 }]],
    ['resolves to a metadata service', [{ address: '169.254.169.254', family: 4 }]],
    [
      'has one address out of place among public ones',
      [
        { address: '8.8.8.8', family: 4 },
        { address: '::ffff:127.0.0.1', family: 6 },
      ],
    ],
  ])('connects to nothing when the name %s', async (_name, addresses) => {
    expect(await post(sender({ networks: [], addresses }), 'rebound.test', 'https')).toEqual({
      kind: 'failed',
      reason: 'the host points to an address that is not public',
    });
    expect(connections).toBe(0);
  });

  it('connects to nothing when the URL itself names an address out of place', async () => {
    expect(await post(sender({ networks: [] }), '127.0.0.1', 'https')).toEqual({
      kind: 'failed',
      reason: 'the URL points to an address that is not public',
    });
    expect(connections).toBe(0);
  });

  it('does not speak in the clear to a public address that a name resolves to', async () => {
    const result = await post(sender({ addresses: [{ address: '8.8.8.8', family: 4 }] }), 'public.test');
    expect(result).toMatchObject({ kind: 'failed', reason: expect.stringContaining('https://') });
  });

  it('follows no redirect', async () => {
    answer = (_request, response) => response.writeHead(307, { location: `http://127.0.0.1:${port}/secret` }).end();

    expect(await post(sender())).toMatchObject({ kind: 'answered', status: 307 });
    expect(requests).toHaveLength(1);
  });

  it('reads no more than the head of an endless answer', async () => {
    answer = (_request, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write('x'.repeat(1_024)));
      };
      response.on('drain', write);
      write();
    };

    expect(await post(sender())).toEqual({ kind: 'answered', status: 200, body: 'x'.repeat(4_096) });
  });

  it.each<[string, RequestListener]>([
    ['never answers', () => undefined],
    ['never ends its answer', (_request, response) => void response.write('a')],
  ])('gives up at the deadline on a receiver that %s', async (_name, listener) => {
    answer = listener;

    expect(await post(sender({ deadlineMs: 100 }))).toEqual({
      kind: 'failed',
      reason: 'no complete answer within 100 ms',
    });
  });

  it('says what happened, without addresses, when nobody listens', async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    const result = await post(sender(), 'receiver.test');
    server.listen(0, '127.0.0.1');

    expect(result).toEqual({ kind: 'failed', reason: 'no answer (ECONNREFUSED)' });
  });
});
