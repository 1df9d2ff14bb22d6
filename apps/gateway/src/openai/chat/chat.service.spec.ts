import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

import { describe, expect, it } from '@jest/globals';
import { AppError } from '@penstock/domain';

import type { AdmissionService, Hold } from '../../admission/admission.service.js';
import type { GatewayEvents } from '../../gateway-events.js';
import type { PolicyEntry } from '../../policies/policy-entry.js';
import type { PolicyStore } from '../../policies/policy-store.js';
import type { OrganizationProviders } from '../../routing/organization-providers.js';
import type { AdmittedChat, ChatAdmission, EarlierAttempts } from './chat-admission.js';
import { ChatService } from './chat.service.js';
import type { RevocableCalls } from './revocable-calls.js';

const HOLD = { identity: { id: 'hold-1' } } as unknown as Hold;
const OPTIONS = {
  bodyBytesMax: 1_000,
  answerBytesMax: 1_000,
  inFlightMax: 1,
  callTimeoutMs: 1_000,
  drainMaxMs: 0,
  readJobCall: () => undefined,
};

function arriving(): IncomingMessage {
  const body = JSON.stringify({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'hi' }] });
  const headers = { 'x-bf-vk': 'sk-bf-key' };
  return Object.assign(Readable.from([Buffer.from(body)]), { headers, complete: true }) as unknown as IncomingMessage;
}

/** A service whose calls are admitted, for one target after the other, and then cannot be sent. */
function serviceWith(
  released: Hold[],
  providers: Pick<OrganizationProviders, 'of'>,
  targets: readonly string[] = ['openai'],
  refusals: AppError[] = [],
): ChatService {
  const admit = (_caller: unknown, _entry: unknown, _chat: unknown, earlier?: EarlierAttempts): AdmittedChat => {
    const [provider, ...others] = targets.slice(earlier?.failed.length ?? 0);
    return {
      hold: targets.length === 1 ? HOLD : { identity: { id: `hold-${provider}`, provider, modelSent: 'gpt-4o' } },
      decision: { provider, model: 'gpt-4o', call: {}, others },
      body: Buffer.alloc(0),
      policy: { snapshot: {} },
    } as unknown as AdmittedChat;
  };
  return new ChatService(
    { peek: () => ({}) as PolicyEntry } as unknown as PolicyStore,
    { admit: (...asked: Parameters<typeof admit>) => Promise.resolve(admit(...asked)) } as unknown as ChatAdmission,
    { release: (hold: Hold) => Promise.resolve(released.push(hold)) } as unknown as AdmissionService,
    providers as OrganizationProviders,
    {} as RevocableCalls,
    { now: () => 0 },
    {
      callRefused: (_requestId: string, refusal: AppError) => refusals.push(refusal),
      failedOver: () => undefined,
    } as unknown as GatewayEvents,
    OPTIONS,
  );
}

describe('a call that was admitted and cannot be sent', () => {
  it.each<[string, Partial<ServerResponse>, Pick<OrganizationProviders, 'of'>]>([
    ['its client has left', { destroyed: true }, { of: () => ({}) as never }],
    [
      'its provider is gone',
      { destroyed: false, headersSent: true },
      {
        of: () => {
          throw new Error('decided for and not configured');
        },
      },
    ],
  ])('gives its hold back because %s', async (_, response, providers) => {
    const released: Hold[] = [];
    const service = serviceWith(released, providers);
    await service.handle(arriving(), response as ServerResponse, 'request-1', '192.0.2.1');
    expect(released).toEqual([HOLD]);
    expect(service.callsInFlight).toBe(0);
  });

  it('goes on with the next target where a credential cannot be used, and gives every hold back', async () => {
    const released: Hold[] = [];
    const refusals: AppError[] = [];
    const of = (_snapshot: unknown, name: string): never => {
      throw new AppError('provider_credential_unusable', { detail: `That of ${name} cannot be opened.` });
    };
    const service = serviceWith(released, { of }, ['openai', 'groq'], refusals);
    const response = { destroyed: false, headersSent: true } as ServerResponse;
    await service.handle(arriving(), response, 'request-1', '192.0.2.1');
    expect(released.map(({ identity }) => identity.id)).toEqual(['hold-openai', 'hold-groq']);
    expect(refusals).toEqual([
      expect.objectContaining({
        code: 'provider_credential_unusable',
        data: {
          tried: [
            expect.objectContaining({ provider: 'openai', charged: false }),
            expect.objectContaining({ provider: 'groq' }),
          ],
        },
      }),
    ]);
  });
});
