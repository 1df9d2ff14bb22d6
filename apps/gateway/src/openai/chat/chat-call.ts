import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

import { AppError, type Clock, formatUsd, nanoUsd } from '@penstock/domain';
import type { CallOutcome } from '@penstock/dto';

import type { AdmissionService, Hold } from '../../admission/admission.service.js';
import { setLimitHeaders } from '../../admission/limit-headers.js';
import type { Dialect } from '../../auth/credential.js';
import type { GatewayEvents } from '../../gateway-events.js';
import type { Provider } from '../../routing/providers.js';
import { classifyUpstreamError } from '../../upstream/classify-upstream-error.js';
import { Exchange, ExchangeAbortedError, type ExchangeListener } from '../../upstream/exchange.js';
import { type SseEvent, SseTap } from '../../upstream/sse-tap.js';
import { fromProviderHeaders, toProviderHeaders } from '../../upstream/upstream-headers.js';
import {
  accountFromHold,
  accountFromText,
  accountFromUsage,
  type CallAccount,
  type CallPrice,
} from './call-accounting.js';
import type { ChatFacts } from './chat-request.js';
import { type AttemptNames, type FailedAttempt, isWorthAnotherTarget, refusedAttempt } from './failed-attempts.js';
import { sendAnswer, toErrorAnswer } from '../error-response.js';
import { generatedTextOf, isEventStream, parseJson } from './provider-answer.js';

/**
 * Goes on with another target after an attempt whose hold has ended. Resolves when that has ended too, or with what the
 * caller is to be answered because there is none.
 */
export type FailOver = (failed: FailedAttempt) => Promise<AppError | undefined>;

/** Everything an admitted call needs until its end. */
export interface ChatCallContext {
  readonly requestId: string;
  readonly chat: ChatFacts;
  readonly provider: Provider;
  readonly hold: Hold;
  readonly charge: CallPrice;
  readonly response: ServerResponse;
  readonly callerHeaders: IncomingHttpHeaders;
  readonly dialect: Dialect;
  /** When the request arrived; earlier attempts count. */
  readonly arrivedAtMs: number;
  /** When this attempt began. */
  readonly startedAtMs: number;
  readonly drainMaxMs: number;
  readonly answerBytesMax: number;
  /** Attempts of the same call that have failed, in order. */
  readonly earlier: readonly FailedAttempt[];
  /** Undefined for the only attempt that there can be. */
  readonly failOver: FailOver | undefined;
  /** What the caller is told besides what every call is told. */
  readonly headers: Readonly<Record<string, string>> | undefined;
}

/** What the call cost; a trailer where the head is out before that is known. */
const COST_HEADER = 'x-penstock-cost-usd';

/** How an answer is read. */
type AnswerKind = 'pending' | 'failure' | 'json' | 'stream';

/**
 * One admitted call from dispatch to its account. Owns the upstream exchange: a client that leaves does not end it,
 * and whatever happens the hold is settled or released exactly once, before the last byte goes out.
 *
 * A call that can be served elsewhere is one of these per attempt, each with a hold of its own. An attempt that fails
 * before anything reached the client ends its hold and hands the response over to the next.
 */
export class ChatCall implements ExchangeListener {
  private readonly exchange = new Exchange(this);
  private tap: SseTap | undefined;
  private kind: AnswerKind = 'pending';
  private status = 0;
  private upstreamHeaders: IncomingHttpHeaders = {};
  private chunks: Buffer[] = [];
  private chunkBytes = 0;
  private account: CallAccount | undefined;
  private modelReported: string | null = null;
  private ttftMs: number | null = null;
  private isClientGone = false;
  private isBackedUp = false;
  private isEnding = false;
  private cutBy: AppError | undefined;
  private drainTimer: NodeJS.Timeout | undefined;
  private finish!: () => void;
  private readonly onClose = (): void => this.onClientClose();
  /** Resolves when the hold has ended and the answer is out, be it that of a later attempt. Never rejects. */
  readonly finished = new Promise<void>((resolve) => {
    this.finish = resolve;
  });

  constructor(
    private readonly context: ChatCallContext,
    private readonly admission: AdmissionService,
    private readonly clock: Clock,
    private readonly events: GatewayEvents,
  ) {}

  /** Sends the request to the provider: these bytes. */
  start(bytes: Buffer, isFirst: boolean): void {
    const { chat, provider, response, callerHeaders, requestId } = this.context;
    response.once('close', this.onClose);
    const headers = toProviderHeaders(provider, callerHeaders, requestId, chat.isStream);
    // It names the request that the caller had in mind; a provider may refuse it for another one.
    if (!isFirst) delete headers['idempotency-key'];
    this.exchange.start(provider, '/chat/completions', headers, bytes);
  }

  get arrivedAtMs(): number {
    return this.context.arrivedAtMs;
  }

  /** Ends the call now, charging what has been received. The caller reads `refusal`, where there is one. */
  cut(reason: string, refusal?: AppError): void {
    if (this.isEnding) return;
    this.cutBy ??= refusal;
    this.exchange.abort(reason);
  }

  onHeaders(status: number, headers: IncomingHttpHeaders): void {
    this.status = status;
    this.upstreamHeaders = headers;
    if (status < 200 || status > 299) {
      this.kind = 'failure';
    } else if (this.context.chat.isStream && isEventStream(headers)) {
      this.kind = 'stream';
      this.tap = new SseTap();
      this.writeStreamHead();
    } else {
      this.kind = 'json';
    }
  }

  /* Hot path. */
  onData(chunk: Buffer): void {
    if (this.isEnding) return;
    this.ttftMs ??= this.clock.now() - this.context.startedAtMs;
    if (this.tap !== undefined) {
      for (const event of this.tap.push(chunk)) this.onEvent(event);
      return;
    }
    this.chunkBytes += chunk.length;
    if (this.chunkBytes > this.context.answerBytesMax) {
      this.exchange.abort(`the answer is larger than ${this.context.answerBytesMax} bytes`);
      return;
    }
    this.chunks.push(chunk);
  }

  onEnd(): void {
    if (this.isEnding) return;
    switch (this.kind) {
      case 'failure':
        void this.run(() => this.endFailure());
        break;
      case 'stream': {
        const rest = this.tap?.end();
        if (rest !== undefined) this.onEvent(rest);
        if (!this.isEnding) void this.run(() => this.endStream());
        break;
      }
      default:
        void this.run(() => this.endJson());
    }
  }

  onError(error: Error): void {
    if (this.isEnding) return;
    void this.run(() => this.endBroken(error));
  }

  /* Hot path: one call per server-sent event. */
  private onEvent(event: SseEvent): void {
    if (this.isEnding) return;
    if (event.usage !== undefined) {
      // Providers that send running totals send the final one last.
      this.account = accountFromUsage(event.usage, this.context.charge) ?? this.account;
      this.modelReported = event.model ?? this.modelReported;
    }
    if (event.isDone) {
      void this.run(() => this.endStream(event.bytes));
      return;
    }
    // The usage chunk is there because we asked for it; a caller that did not must not see it.
    if (event.isUsageOnly && !this.context.chat.wantsUsage) return;
    this.write(event.bytes);
  }

  private write(bytes: Buffer): void {
    const { response } = this.context;
    if (this.isClientGone || response.write(bytes) || this.isBackedUp) return;
    this.isBackedUp = true;
    this.exchange.pause();
    response.once('drain', () => {
      this.isBackedUp = false;
      this.exchange.resume();
    });
  }

  private onClientClose(): void {
    if (this.isEnding || this.context.response.writableFinished) return;
    this.isClientGone = true;
    if (this.context.provider.clientGonePolicy === 'abort') {
      this.exchange.abort('the client left');
      return;
    }
    this.exchange.resume();
    this.drainTimer = setTimeout(
      () => this.exchange.abort('the client left and the answer did not end'),
      this.context.drainMaxMs,
    );
  }

  private async endFailure(): Promise<void> {
    const { hold, provider, response, requestId, dialect } = this.context;
    await this.admission.release(hold);
    this.events.upstreamFailed(this.context.requestId, provider.name, this.status);
    if (isWorthAnotherTarget(this.status, this.chunks) && (await this.handOver(this.refused()))) return;
    if (this.isCredentialRefused()) {
      const error = provider.credentialRefusal(this.status);
      sendAnswer(response, toErrorAnswer(error, dialect, requestId));
      return;
    }
    const headers = this.answerHeaders();
    headers['content-type'] = this.upstreamHeaders['content-type'] ?? 'application/json';
    this.sendWhole(this.status, headers);
  }

  private async endJson(): Promise<void> {
    const { charge, hold, chat } = this.context;
    const answer = parseJson(this.chunks);
    if (typeof answer?.['model'] === 'string') this.modelReported = answer['model'];
    const account =
      accountFromUsage(answer?.['usage'], charge) ??
      (answer === undefined
        ? accountFromHold(hold)
        : await accountFromText(chat.bytes.toString('utf8'), generatedTextOf(answer), hold, charge));
    await this.settle(account, this.isClientGone ? 'client_gone' : 'completed');
    if (answer === undefined) {
      const error = new AppError('upstream_malformed', {
        detail: `The provider '${this.context.provider.name}' answered 200 with something that is not JSON. It was charged at the reserved amount.`,
      });
      if (!(await this.handOver(this.broken(error, true)))) this.sendError(error);
      return;
    }
    const headers = this.answerHeaders();
    headers['content-type'] = 'application/json';
    headers[COST_HEADER] = formatUsd(nanoUsd(account.amounts.costNanoUsd));
    setLimitHeaders(headers, hold, this.clock.now(), account.amounts);
    this.sendWhole(this.status, headers);
  }

  private async endStream(lastBytes?: Buffer): Promise<void> {
    const account = this.account ?? (await this.accountFromTap());
    await this.settle(account, this.isClientGone ? 'client_gone' : 'completed');
    const { response } = this.context;
    if (this.isClientGone || response.destroyed) return;
    if (lastBytes !== undefined) response.write(lastBytes);
    if (this.canTrail()) response.addTrailers({ [COST_HEADER]: formatUsd(nanoUsd(account.amounts.costNanoUsd)) });
    response.end();
  }

  private async endBroken(cause: Error): Promise<void> {
    const { hold, provider } = this.context;
    const error = this.cutBy ?? classifyUpstreamError(cause, provider.name);
    if (this.cutBy === undefined) this.events.upstreamBroke(this.context.requestId, provider.name, error.code, cause);
    else this.events.callCut(this.context.requestId, this.cutBy);
    // What this gateway itself has ended is not to be tried again.
    const isTheirs = !(cause instanceof ExchangeAbortedError);
    if (!this.exchange.wasSent || this.kind === 'failure') {
      await this.admission.release(hold);
      const failed = this.kind === 'failure' ? this.refused() : this.broken(error, false);
      const isWorthIt = this.kind !== 'failure' || isWorthAnotherTarget(this.status, this.chunks);
      if (isTheirs && isWorthIt && (await this.handOver(failed))) return;
      this.sendError(error);
      return;
    }
    const account = this.account ?? (this.kind === 'stream' ? await this.accountFromTap() : accountFromHold(hold));
    await this.settle(account, this.isClientGone ? 'client_gone' : 'truncated');
    if (this.kind === 'stream') this.endStreamWithError(error);
    else if (!isTheirs || !(await this.handOver(this.broken(error, true)))) this.sendError(error);
  }

  /**
   * Lets another attempt answer. False when there can be none: this one answers then.
   *
   * The hold has ended and nothing has reached the client.
   */
  private async handOver(failed: FailedAttempt): Promise<boolean> {
    const { failOver, response } = this.context;
    if (failOver === undefined || this.cutBy !== undefined || this.isClientGone || response.destroyed) return false;
    response.off('close', this.onClose);
    const error = await failOver(failed);
    if (error !== undefined) this.sendError(error);
    return true;
  }

  private refused(): FailedAttempt {
    const { provider } = this.context;
    const refusal = this.isCredentialRefused() ? provider.credentialRefusal(this.status) : undefined;
    return refusedAttempt(this.attempt(), this.status, this.upstreamHeaders, refusal);
  }

  private broken(error: AppError, isCharged: boolean): FailedAttempt {
    return {
      ...this.attempt(),
      code: error.code,
      status: this.status === 0 ? null : this.status,
      message: error.detail ?? error.message,
      isCharged,
      retryAfterMs: null,
    };
  }

  private isCredentialRefused(): boolean {
    return this.status === 401 || this.status === 403;
  }

  private attempt(): AttemptNames {
    const { id: callId, provider, modelSent: model } = this.context.hold.identity;
    return { callId, provider, model };
  }

  private settle(account: CallAccount, outcome: CallOutcome): Promise<void> {
    const { hold, chat, startedAtMs, provider } = this.context;
    const latencyMs = this.clock.now() - startedAtMs;
    this.events.callSettled(provider.name, outcome, latencyMs, account.isEstimated);
    return this.admission.settle(hold, account.amounts, {
      usage: account.usage,
      isEstimated: account.isEstimated,
      modelReported: this.modelReported,
      outcome,
      isStream: chat.isStream,
      upstreamStatus: this.status === 0 ? null : this.status,
      latencyMs,
      ttftMs: this.ttftMs,
    });
  }

  private accountFromTap(): Promise<CallAccount> {
    const { chat, hold, charge } = this.context;
    return accountFromText(chat.bytes.toString('utf8'), this.tap?.generatedText() ?? '', hold, charge);
  }

  /** Runs the end of the call once, whichever event brought it. */
  private async run(end: () => Promise<void>): Promise<void> {
    this.isEnding = true;
    clearTimeout(this.drainTimer);
    try {
      await end();
    } catch (error) {
      this.events.callFailed(this.context.requestId, error);
      this.sendError(new AppError('internal_unexpected', { cause: error }));
      if (this.context.response.headersSent) this.context.response.destroy();
    } finally {
      this.finish();
    }
  }

  private writeStreamHead(): void {
    if (this.isClientGone) return;
    const headers = this.answerHeaders();
    headers['content-type'] = 'text/event-stream; charset=utf-8';
    headers['cache-control'] = 'no-cache';
    // Tells nginx and its likes not to collect the answer before passing it on.
    headers['x-accel-buffering'] = 'no';
    if (this.canTrail()) headers['trailer'] = COST_HEADER;
    setLimitHeaders(headers, this.context.hold, this.clock.now());
    this.context.response.writeHead(this.status, headers);
  }

  /** HTTP/1.0, which some proxies still speak to what is behind them, has no chunks and so no trailers. */
  private canTrail(): boolean {
    return this.context.response.req.httpVersion === '1.1';
  }

  private answerHeaders(): Record<string, string> {
    const headers: Record<string, string> = { 'x-request-id': this.context.requestId, ...this.context.headers };
    this.nameCalls(headers);
    fromProviderHeaders(this.upstreamHeaders, headers);
    return headers;
  }

  /** Who runs a job looks up what its calls came to, every attempt of them. */
  private nameCalls(headers: Record<string, string>): void {
    const { hold, earlier } = this.context;
    const { id, jobId } = hold.identity;
    if (jobId !== undefined) headers['x-penstock-call-ids'] = [...earlier.map(({ callId }) => callId), id].join();
  }

  private sendWhole(status: number, headers: Record<string, string>): void {
    const { response } = this.context;
    if (this.isClientGone || response.destroyed) return;
    headers['content-length'] = String(this.chunkBytes);
    response.writeHead(status, headers);
    response.end(this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks));
  }

  private sendError(error: AppError): void {
    const { response, dialect, requestId } = this.context;
    if (this.isClientGone) return;
    const answer = toErrorAnswer(error, dialect, requestId);
    this.nameCalls(answer.headers);
    sendAnswer(response, answer);
  }

  /** The head is out: the error travels as an event, and without `[DONE]` no client takes the answer for whole. */
  private endStreamWithError(error: AppError): void {
    const { response, dialect, requestId } = this.context;
    if (this.isClientGone || response.destroyed) return;
    const { body } = toErrorAnswer(error, dialect, requestId);
    response.end(`data: ${body}\n\n`);
  }
}
