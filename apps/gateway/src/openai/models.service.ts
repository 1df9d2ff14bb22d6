import type { IncomingMessage, ServerResponse } from 'node:http';

import { AppError, type Clock, evaluateModel, listCatalogueModels } from '@penstock/domain';
import { StoreUnavailableError } from '@penstock/platform';

import { dialectOf, readCredential } from '../auth/credential.js';
import type { GatewayEvents } from '../gateway-events.js';
import { refuseKey } from '../policies/access-refusals.js';
import type { PolicyEntry } from '../policies/policy-entry.js';
import type { PolicyStore } from '../policies/policy-store.js';
import type { ProviderRegistry } from '../routing/providers.js';
import { sendAnswer, toErrorAnswer } from './error-response.js';

/** One entry of OpenAI's model list. */
interface ModelEntry {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
}

/** Serves `GET /v1/models`: what the key may call, of what is configured and known. */
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
      const entry = await this.currentPolicy(readCredential(request.headers).value);
      refuseKey(entry, { nowMs: this.clock.now(), clientIp });
      const body = JSON.stringify({ object: 'list', data: this.listFor(entry) });
      sendAnswer(response, {
        status: 200,
        headers: { 'content-type': 'application/json; charset=utf-8', 'x-request-id': requestId },
        body,
      });
    } catch (error) {
      const refusal =
        error instanceof AppError
          ? error
          : new AppError(error instanceof StoreUnavailableError ? 'store_unavailable' : 'internal_unexpected', {
              cause: error,
            });
      this.events.callRefused(requestId, refusal);
      sendAnswer(response, toErrorAnswer(refusal, dialectOf(request.headers), requestId));
    }
  }

  private async currentPolicy(keyValue: string): Promise<PolicyEntry> {
    const known = this.policies.peek(keyValue);
    const isFresh = known !== undefined && (await this.policies.isCurrent(known));
    const entry = isFresh ? known : await this.policies.load(keyValue, (known?.snapshot.epoch ?? -1) + 1);
    if (entry === undefined) throw new AppError('virtual_key_not_found', { detail: 'This virtual key is not known.' });
    return entry;
  }

  private listFor({ snapshot }: PolicyEntry): ModelEntry[] {
    const { allowedModels, allowedProviders } = snapshot;
    return this.providers.names().flatMap((provider) =>
      listCatalogueModels(provider)
        .filter((model) => evaluateModel({ allowedModels, allowedProviders, provider, model }).allowed)
        .map((model) => ({ id: model, object: 'model' as const, created: 0, owned_by: provider })),
    );
  }
}
