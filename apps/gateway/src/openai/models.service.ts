import type { IncomingMessage, ServerResponse } from 'node:http';

import {
  type Clock,
  evaluateModel,
  inferProvider,
  listCatalogueModels,
  type ModelRoute,
  providersWith,
} from '@penstock/domain';

import { dialectOf, readCredential } from '../auth/credential.js';
import type { GatewayEvents } from '../gateway-events.js';
import { currentPolicy } from '../policies/current-policy.js';
import type { PolicyEntry } from '../policies/policy-entry.js';
import type { PolicyStore } from '../policies/policy-store.js';
import type { ProviderRegistry } from '../routing/providers.js';
import { asAppError } from './as-app-error.js';
import { sendAnswer, toErrorAnswer } from './error-response.js';

/** One entry of OpenAI's model list. */
interface ModelEntry {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
}

/** Owner of groups, whose models may be of several providers. */
const OURS = 'penstock';

/**
 * Serves `GET /v1/models`: the names that are assigned to the team of the key, else what the key may call of what is
 * configured and known.
 */
export class ModelsService {
  constructor(
    private readonly policies: PolicyStore,
    private readonly providers: ProviderRegistry,
    private readonly clock: Clock,
    private readonly events: GatewayEvents,
  ) {}

  /** Answers one request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse, requestId: string, clientIp: string): Promise<void> {
    try {
      const entry = await currentPolicy(this.policies, readCredential(request.headers).value, {
        nowMs: this.clock.now(),
        clientIp,
      });
      const body = JSON.stringify({ object: 'list', data: this.listFor(entry) });
      sendAnswer(response, {
        status: 200,
        headers: { 'content-type': 'application/json; charset=utf-8', 'x-request-id': requestId },
        body,
      });
    } catch (error) {
      const refusal = asAppError(error);
      this.events.callRefused(requestId, refusal);
      sendAnswer(response, toErrorAnswer(refusal, dialectOf(request.headers), requestId));
    }
  }

  private listFor({ snapshot }: PolicyEntry): ModelEntry[] {
    const { allowedModels, allowedProviders, providerConfigs, providerCredentials, modelRoutes } = snapshot;
    if (modelRoutes !== null) {
      return modelRoutes.map((route) => ({ id: route.name, object: 'model', created: 0, owned_by: ownerOf(route) }));
    }
    const providers = providersWith(providerCredentials, this.providers);
    return providers.names().flatMap((provider) =>
      listCatalogueModels(provider)
        .filter((model) => evaluateModel({ allowedModels, allowedProviders, providerConfigs, provider, model }).allowed)
        .map((model) => ({ id: model, object: 'model' as const, created: 0, owned_by: provider })),
    );
  }
}

function ownerOf({ kind, targets }: ModelRoute): string {
  const [target] = targets;
  if (kind === 'group' || target === undefined) return OURS;
  return target.provider ?? inferProvider(target.model) ?? OURS;
}
