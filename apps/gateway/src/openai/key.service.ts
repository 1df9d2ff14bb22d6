import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Clock, LimitReport } from '@penstock/domain';

import type { LimitReader } from '../admission/limit-reader.js';
import { dialectOf, readCredential } from '../auth/credential.js';
import type { GatewayEvents } from '../gateway-events.js';
import { currentPolicy } from '../policies/current-policy.js';
import type { PolicyEntry } from '../policies/policy-entry.js';
import type { PolicyStore } from '../policies/policy-store.js';
import { asAppError } from './as-app-error.js';
import { sendAnswer, toErrorAnswer } from './error-response.js';

/** Serves `GET /v1/key`: what the holder of a key may know of it. */
export class KeyService {
  constructor(
    private readonly policies: PolicyStore,
    private readonly limits: LimitReader,
    private readonly clock: Clock,
    private readonly events: GatewayEvents,
  ) {}

  /** Answers one request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse, requestId: string, clientIp: string): Promise<void> {
    try {
      const { value } = readCredential(request.headers);
      const entry = await currentPolicy(this.policies, value, { nowMs: this.clock.now(), clientIp });
      const body = JSON.stringify(toKeyStatus(entry, await this.limits.read(entry)));
      sendAnswer(response, {
        status: 200,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'cache-control': 'no-store',
          'x-request-id': requestId,
        },
        body,
      });
    } catch (error) {
      const refusal = asAppError(error);
      this.events.callRefused(requestId, refusal);
      sendAnswer(response, toErrorAnswer(refusal, dialectOf(request.headers), requestId));
    }
  }
}

/** Field by field: what is not named here does not leave the house. */
function toKeyStatus({ snapshot }: PolicyEntry, limits: readonly LimitReport[]): Record<string, unknown> {
  return {
    object: 'virtual_key',
    id: snapshot.keyId,
    name: snapshot.keyName,
    is_active: snapshot.isActive,
    ...(snapshot.expiresAtMs === null ? {} : { expires_at: new Date(snapshot.expiresAtMs).toISOString() }),
    allowed_ips: snapshot.allowedIps,
    // Callers of an organization's team have its names and no others.
    allowed_models: snapshot.modelRoutes?.map(({ name }) => name) ?? snapshot.allowedModels,
    allowed_providers: snapshot.allowedProviders,
    provider_configs: snapshot.providerConfigs.map(({ provider, weight, allowedModels }) => ({
      provider,
      weight,
      allowed_models: allowedModels,
    })),
    stream_policy: snapshot.streamPolicy,
    limits,
  };
}
