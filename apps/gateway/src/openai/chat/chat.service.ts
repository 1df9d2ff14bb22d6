import type { IncomingMessage, ServerResponse } from 'node:http';

import { AppError, type Clock } from '@penstock/domain';
import { JOB_HEADER, type JobCall } from '@penstock/platform';

import type { AdmissionService } from '../../admission/admission.service.js';
import { dialectOf, readCredential } from '../../auth/credential.js';
import type { GatewayEvents } from '../../gateway-events.js';
import type { PolicyEntry } from '../../policies/policy-entry.js';
import type { PolicyStore } from '../../policies/policy-store.js';
import type { OrganizationProviders } from '../../routing/organization-providers.js';
import { asAppError } from '../as-app-error.js';
import type { AdmittedChat, Caller, ChatAdmission } from './chat-admission.js';
import { ChatCall } from './chat-call.js';
import type { FailOver } from './chat-call-context.js';
import { type ChatFacts, type ChatRequest, readChatRequest } from './chat-request.js';
import { type FailedAttempt, unsentAttempt, upstreamFailure } from './failed-attempts.js';
import { sendAnswer, sendEarlyAnswer, toErrorAnswer } from '../error-response.js';
import { readBody } from '../request-body.js';
import type { RevocableCalls } from './revocable-calls.js';

/** Limits of one gateway process. */
export interface ChatServiceOptions {
  readonly bodyBytesMax: number;
  readonly answerBytesMax: number;
  readonly inFlightMax: number;
  readonly callTimeoutMs: number;
  readonly drainMaxMs: number;
  /** Reads the job header of a call; undefined when it is none of ours. */
  readonly readJobCall: (header: string, nowMs: number) => JobCall | undefined;
}

/** Attempts to have one call served, however many targets its name leads to. */
const ATTEMPTS_MAX = 8;
const NONE_FAILED: readonly FailedAttempt[] = [];

/** What a call brings with it. */
interface Arrival {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly clientIp: string;
  readonly arrivedAtMs: number;
}

/** A call whose attempts may follow one another. */
interface CallInHand extends Caller {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly chat: ChatFacts;
}

/** Serves `POST /v1/chat/completions`: authenticate, estimate, reserve, relay, settle. */
export class ChatService {
  private readonly calls = new Set<ChatCall>();
  private inFlight = 0;
  private isLeaving = false;

  constructor(
    private readonly policies: PolicyStore,
    private readonly chatAdmission: ChatAdmission,
    private readonly admission: AdmissionService,
    private readonly providers: OrganizationProviders,
    private readonly revocable: RevocableCalls,
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
      const call = await this.begin({ request, response, requestId, clientIp, arrivedAtMs: this.clock.now() });
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
    for (const call of this.calls) {
      if (this.isOverdue(call)) call.cut('the call lasted longer than this gateway allows');
    }
  }

  /** Ends every call now; each is charged what it received. */
  cutAll(): void {
    this.isLeaving = true;
    for (const call of this.calls) call.cut('the gateway is shutting down');
  }

  private isOverdue({ arrivedAtMs }: { readonly arrivedAtMs: number }): boolean {
    return arrivedAtMs < this.clock.now() - this.options.callTimeoutMs;
  }

  private async load(keyValue: string): Promise<PolicyEntry> {
    const entry = await this.policies.load(keyValue);
    if (entry === undefined) {
      throw new AppError('virtual_key_not_found', { detail: 'This virtual key is not known.' });
    }
    return entry;
  }

  /** Everything up to dispatch. What only this needs is let go of here: calls last long, and there are many. */
  private async begin(arrival: Arrival): Promise<ChatCall | undefined> {
    const { request, response, requestId, clientIp, arrivedAtMs } = arrival;
    const { value: keyValue } = readCredential(request.headers);
    if (this.inFlight > this.options.inFlightMax) {
      throw new AppError('overloaded', { detail: 'This gateway serves as many calls as it may. Try again.' });
    }
    const entry = this.policies.peek(keyValue) ?? (await this.load(keyValue));
    const chat = readChatRequest(await readBody(request, this.options.bodyBytesMax));
    const job = this.jobOf(request, arrivedAtMs);
    const caller = { requestId, keyValue, clientIp, arrivedAtMs, job };
    const { bytes, model, isStream, wantsUsage } = chat;
    const inHand = { ...caller, request, response, chat: { bytes, model, isStream, wantsUsage } };
    return this.attempt(inHand, chat, await this.chatAdmission.admit(caller, entry, chat), NONE_FAILED);
  }

  /**
   * Sends an admitted call, or the same call to the next target where this one's credential cannot be used.
   *
   * @throws AppError when it can be sent to none.
   */
  private async attempt(
    inHand: CallInHand,
    chat: ChatRequest,
    admitted: AdmittedChat,
    failed: readonly FailedAttempt[],
  ): Promise<ChatCall | undefined> {
    try {
      return await this.send(inHand, admitted, failed);
    } catch (error) {
      if (!(error instanceof AppError) || (admitted.decision.others.length === 0 && failed.length === 0)) throw error;
      return this.next(inHand, chat, admitted, [...failed, unsentAttempt(admitted.decision, error)]);
    }
  }

  /** Goes on after attempts that have failed. @throws AppError with what the caller reads when that is not possible. */
  private async next(
    inHand: CallInHand,
    chat: ChatRequest,
    { policy, draw, decision }: Pick<AdmittedChat, 'policy' | 'draw' | 'decision'>,
    failed: readonly FailedAttempt[],
  ): Promise<ChatCall | undefined> {
    const isOver = decision.others.length === 0 || failed.length >= ATTEMPTS_MAX;
    if (isOver || this.isLeaving || this.isOverdue(inHand)) throw upstreamFailure(failed);
    const from = failed.at(-1)?.provider ?? '';
    let admitted: AdmittedChat;
    try {
      admitted = await this.chatAdmission.admit(inHand, policy, chat, { failed, draw });
    } catch (error) {
      const refusal = asAppError(error);
      this.events.failOverRefused(inHand.requestId, from, refusal);
      throw upstreamFailure(failed, refusal);
    }
    if (this.isLeaving) {
      await this.admission.release(admitted.hold);
      throw upstreamFailure(failed);
    }
    this.events.failedOver(inHand.requestId, from, failed.length + 1);
    return this.attempt(inHand, chat, admitted, failed);
  }

  /** Sends an admitted call to its provider; undefined when nobody waits for the answer any more. */
  private async send(
    inHand: CallInHand,
    admitted: AdmittedChat,
    failed: readonly FailedAttempt[],
  ): Promise<ChatCall | undefined> {
    let call: ChatCall | undefined;
    try {
      call = this.dispatch(inHand, admitted, failed);
    } finally {
      // Whatever keeps the call from being sent must not keep its hold.
      if (call === undefined) await this.admission.release(admitted.hold);
    }
    if (call !== undefined && admitted.policy.snapshot.streamPolicy === 'cut') {
      this.revocable.add(inHand.keyValue, admitted.policy, call);
    }
    return call;
  }

  /** The job that the call is part of. @throws AppError `request_invalid` for a header that the admin app did not make. */
  private jobOf({ headers }: IncomingMessage, nowMs: number): JobCall | undefined {
    const header = headers[JOB_HEADER];
    if (header === undefined) return undefined;
    const job = typeof header === 'string' ? this.options.readJobCall(header, nowMs) : undefined;
    if (job !== undefined) return job;
    throw new AppError('request_invalid', { detail: `The header ${JOB_HEADER} is not valid, or has expired.` });
  }

  private dispatch(inHand: CallInHand, admitted: AdmittedChat, failed: readonly FailedAttempt[]): ChatCall | undefined {
    const { request, response, requestId, arrivedAtMs, chat } = inHand;
    const { hold, decision, body, headers, policy, startedAtMs } = admitted;
    if (response.destroyed) return undefined;
    const provider = this.providers.of(policy.snapshot, decision.provider);
    // The last attempt of several has nothing to go on to, but it knows of the others.
    const isOneOfMany = decision.others.length > 0 || failed.length > 0;
    const call = new ChatCall(
      {
        requestId,
        chat,
        provider,
        hold,
        charge: decision.call,
        response,
        callerHeaders: request.headers,
        dialect: dialectOf(request.headers),
        arrivedAtMs,
        startedAtMs,
        drainMaxMs: this.options.drainMaxMs,
        answerBytesMax: this.options.answerBytesMax,
        headers,
        failOver: isOneOfMany ? this.failOver(inHand, admitted, failed) : undefined,
      },
      this.admission,
      this.clock,
      this.events,
    );
    if (inHand.job !== undefined) nameCall(response, hold.identity.id);
    call.start(body, failed.length === 0);
    this.calls.add(call);
    return call;
  }

  /** What comes after an attempt that fails at its provider. */
  private failOver(
    inHand: CallInHand,
    { policy, draw, decision }: AdmittedChat,
    earlier: readonly FailedAttempt[],
  ): FailOver {
    const admitted = { policy, draw, decision };
    return async (attempt) => {
      try {
        const call = await this.next(inHand, readChatRequest(inHand.chat.bytes), admitted, [...earlier, attempt]);
        if (call === undefined) return undefined;
        await call.finished;
        this.calls.delete(call);
        return undefined;
      } catch (error) {
        return asAppError(error);
      }
    };
  }

  private refuse(request: IncomingMessage, response: ServerResponse, requestId: string, error: unknown): void {
    const refusal = asAppError(error);
    this.events.callRefused(requestId, refusal);
    const answer = toErrorAnswer(refusal, dialectOf(request.headers), requestId);
    if (request.complete) sendAnswer(response, answer);
    else sendEarlyAnswer(request, response, answer);
  }
}

/** Ids of all attempts, the last one last: who runs a job looks up what its call came to. */
const CALL_IDS_HEADER = 'x-penstock-call-ids';

function nameCall(response: ServerResponse, id: string): void {
  const earlier = response.getHeader(CALL_IDS_HEADER);
  response.setHeader(CALL_IDS_HEADER, typeof earlier === 'string' ? `${earlier},${id}` : id);
}
