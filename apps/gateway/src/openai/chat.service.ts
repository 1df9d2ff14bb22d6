import type { IncomingMessage, ServerResponse } from 'node:http';

import {
  AppError,
  type CallShape,
  type Clock,
  estimateCall,
  modelInfo,
  type PriceState,
  shapeOfChatRequest,
  uuidv7,
} from '@penstock/domain';
import { StoreUnavailableError } from '@penstock/platform';

import type { AdmissionService, CallDraft, Hold, ReserveRequest } from '../admission/admission.service.js';
import { mightFitTighter } from '../admission/might-fit-tighter.js';
import { type Credential, dialectOf, readCredential } from '../auth/credential.js';
import type { GatewayEvents } from '../gateway-events.js';
import { refuseAccess } from '../policies/access-refusals.js';
import type { PolicyEntry } from '../policies/policy-entry.js';
import type { PolicyStore } from '../policies/policy-store.js';
import type { Provider, ProviderRegistry } from '../routing/providers.js';
import { resolveTarget, type Target } from '../routing/resolve-target.js';
import { ChatCall } from './chat-call.js';
import { type ChatRequest, readChatRequest } from './chat-request.js';
import { sendAnswer, sendEarlyAnswer, toErrorAnswer } from './error-response.js';
import { toProviderBody } from './provider-body.js';
import { readBody } from './request-body.js';
import { countJsonTokens, encodingOf } from './token-count.js';

/** Limits of one gateway process. */
export interface ChatServiceOptions {
  readonly bodyBytesMax: number;
  readonly answerBytesMax: number;
  readonly inFlightMax: number;
  readonly callTimeoutMs: number;
  readonly drainMaxMs: number;
}

/** Prompts beyond this keep their bound of one token per byte: counting them would cost more than it saves. */
const EXACT_COUNT_BYTES_MAX = 256 * 1024;
/** A hold outlives the deadline of its call by this, so that the sweeper never races a live owner. */
const HOLD_GRACE_MS = 60_000;

/** Who calls. */
interface Caller {
  readonly requestId: string;
  readonly credential: Credential;
  readonly clientIp: string;
  readonly startedAtMs: number;
}

/** A decision to make a call: what it costs at worst, and at which price. */
interface Decision extends ReserveRequest {
  readonly price: PriceState;
  readonly provider: Provider;
}

/** Serves `POST /v1/chat/completions`: authenticate, estimate, reserve, relay, settle. */
export class ChatService {
  private readonly calls = new Set<ChatCall>();
  private inFlight = 0;

  constructor(
    private readonly policies: PolicyStore,
    private readonly admission: AdmissionService,
    private readonly providers: ProviderRegistry,
    private readonly clock: Clock,
    private readonly events: GatewayEvents,
    private readonly options: ChatServiceOptions,
  ) {}

  /** Calls that are being decided or served. */
  get callsInFlight(): number {
    return this.inFlight;
  }

  /** Answers one request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse, requestId: string, clientIp: string): Promise<void> {
    this.inFlight += 1;
    try {
      const call = await this.begin(request, response, requestId, clientIp);
      if (call === undefined) return;
      await call.finished;
      this.calls.delete(call);
    } catch (error) {
      this.refuse(request, response, requestId, error);
    } finally {
      this.inFlight -= 1;
    }
  }

  /** Resolves when no call is in flight and every settlement is in Redis. */
  async drained(): Promise<void> {
    await Promise.all([...this.calls].map((call) => call.finished));
    await this.admission.drained();
  }

  /** Ends the calls that have lasted longer than any call may: their holds are about to expire. */
  cutOverdue(): void {
    const latestStartMs = this.clock.now() - this.options.callTimeoutMs;
    for (const call of this.calls) {
      if (call.startedAtMs < latestStartMs) call.cut('the call lasted longer than this gateway allows');
    }
  }

  /** Ends every call now; each is charged what it received. */
  cutAll(): void {
    for (const call of this.calls) call.cut('the gateway is shutting down');
  }

  private async load(keyValue: string): Promise<PolicyEntry> {
    const entry = await this.policies.load(keyValue);
    if (entry === undefined) {
      throw new AppError('virtual_key_not_found', { detail: 'This virtual key is not known.' });
    }
    return entry;
  }

  /** Everything up to dispatch. What only this needs is let go of here: calls last long, and there are many. */
  private async begin(
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
    clientIp: string,
  ): Promise<ChatCall | undefined> {
    const startedAtMs = this.clock.now();
    const credential = readCredential(request.headers);
    if (this.inFlight > this.options.inFlightMax) {
      throw new AppError('overloaded', { detail: 'This gateway serves as many calls as it may. Try again.' });
    }
    const entry = this.policies.peek(credential.value) ?? (await this.load(credential.value));
    const chat = readChatRequest(await readBody(request, this.options.bodyBytesMax));
    const call = await this.admit(request, response, { requestId, credential, clientIp, startedAtMs }, entry, chat);
    if (call === undefined) return undefined;
    this.calls.add(call);
    call.start(toProviderBody(chat, call.modelSent));
    return call;
  }

  private async admit(
    request: IncomingMessage,
    response: ServerResponse,
    { requestId, credential, clientIp, startedAtMs }: Caller,
    entry: PolicyEntry,
    chat: ChatRequest,
  ): Promise<ChatCall | undefined> {
    const target = resolveTarget(chat.model);
    const draft: CallDraft = {
      id: uuidv7(startedAtMs),
      requestId,
      provider: target.provider,
      modelRequested: chat.model,
      modelSent: target.model,
      startedAtMs,
      isStream: chat.isStream,
      expiresAtMs: startedAtMs + this.options.callTimeoutMs + HOLD_GRACE_MS,
    };
    let decision: Decision | undefined;
    const reserve = (shape: CallShape): Promise<Hold> =>
      this.admission.reserve(credential.value, entry, draft, (current) => {
        decision = this.decide(current, target, shape, clientIp);
        return decision;
      });
    const hold = await this.reserveTightly(reserve, chat, target, () => decision!.call);
    if (response.destroyed) {
      await this.admission.release(hold);
      return undefined;
    }
    const { provider, price } = decision!;
    return new ChatCall(
      {
        requestId,
        chat: { bytes: chat.bytes, model: chat.model, isStream: chat.isStream, wantsUsage: chat.wantsUsage },
        modelSent: target.model,
        provider,
        hold,
        price,
        response,
        callerHeaders: request.headers,
        dialect: dialectOf(request.headers),
        startedAtMs,
        drainMaxMs: this.options.drainMaxMs,
        answerBytesMax: this.options.answerBytesMax,
      },
      this.admission,
      this.clock,
      this.events,
    );
  }

  /**
   * Reserves with the cheap bound of one token per byte; only when that does not fit, and the vocabulary of the model
   * is known, are the tokens counted and the call asked for again with the tighter bound.
   */
  private async reserveTightly(
    reserve: (shape: CallShape) => Promise<Hold>,
    chat: ChatRequest,
    target: Target,
    callOf: () => ReserveRequest['call'],
  ): Promise<Hold> {
    const shape = shapeOfChatRequest(chat.body, chat.bytes.length);
    try {
      return await reserve(shape);
    } catch (refusal) {
      const encoding = encodingOf(target.provider, target.model);
      if (encoding === undefined || !isExhausted(refusal) || shape.hasUnboundedInput) throw refusal;
      if (shape.bodyBytes > EXACT_COUNT_BYTES_MAX || !mightFitTighter(refusal, callOf())) throw refusal;
      const textTokensCeiling = await countJsonTokens(chat.bytes.toString('utf8'), encoding);
      return reserve({ ...shape, textTokensCeiling });
    }
  }

  private decide(entry: PolicyEntry, target: Target, shape: CallShape, clientIp: string): Decision {
    const nowMs = this.clock.now();
    refuseAccess(entry, { nowMs, clientIp }, target);
    const provider = this.providers.get(target.provider);
    if (provider === undefined) {
      throw new AppError('provider_not_configured', {
        detail: `The provider '${target.provider}' is not configured on this gateway. Configured: ${this.providers.names().join(', ') || 'none'}.`,
        fields: [{ path: 'model', reason: 'its provider is not configured' }],
      });
    }
    const price = entry.priceOf(target.provider, target.model, nowMs);
    if (entry.planAt(nowMs, target.provider, target.model).hasBudget) refuseUnbounded(price, shape, target);
    const info = modelInfo(target.provider, target.model);
    const { amounts } = estimateCall(shape, info, price);
    return { amounts, priceId: priceIdOf(price), price, provider, call: { shape, info, price } };
  }

  private refuse(request: IncomingMessage, response: ServerResponse, requestId: string, error: unknown): void {
    const refusal = asAppError(error);
    this.events.callRefused(requestId, refusal);
    const answer = toErrorAnswer(refusal, dialectOf(request.headers), requestId);
    if (request.complete) sendAnswer(response, answer);
    else sendEarlyAnswer(request, response, answer);
  }
}

function isExhausted(error: unknown): error is AppError {
  return error instanceof AppError && (error.code === 'token_limited' || error.code === 'budget_exceeded');
}

function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof StoreUnavailableError) {
    return new AppError('store_unavailable', {
      detail:
        'Budgets and limits cannot be checked at the moment, so the call was not made. Nothing was charged; try again.',
      cause: error,
    });
  }
  return new AppError('internal_unexpected', { cause: error });
}

/** A budget can be kept only over calls whose price is known. @throws AppError `model_unpriced` */
function refuseUnbounded(price: PriceState, shape: CallShape, target: Target): void {
  if (price.state === 'unknown') {
    throw new AppError('model_unpriced', {
      detail: `No price is known for '${target.provider}/${target.model}', so a budget on the path of this key could not be kept. An operator can set a price for it.`,
      fields: [{ path: 'model', reason: 'has no price' }],
    });
  }
  if (shape.hasPremiumTier === true) {
    throw new AppError('model_unpriced', {
      detail:
        'The service_tier of this request is billed above the list price, so a budget on the path of this key could not be kept. Leave it out, or use "auto", "default" or "flex".',
      fields: [{ path: 'service_tier', reason: 'has no known price' }],
    });
  }
}

function priceIdOf(price: PriceState): string | null {
  if (price.state === 'priced') return price.price.id;
  return price.state === 'free' ? 'free' : null;
}
