import type { IncomingHttpHeaders } from 'node:http';

import { AppError, type Clock, type Target } from '@penstock/domain';
import type { CallOutcome } from '@penstock/dto';

import type { AdmissionService } from '../../admission/admission.service.js';
import type { GatewayEvents } from '../../gateway-events.js';
import { classifyUpstreamError } from '../../upstream/classify-upstream-error.js';
import { Exchange, ExchangeAbortedError, type ExchangeListener } from '../../upstream/exchange.js';
import { type SseEvent, SseTap } from '../../upstream/sse-tap.js';
import { toProviderHeaders } from '../../upstream/upstream-headers.js';
import { accountFromHold, accountFromText, accountFromUsage, type CallAccount } from './call-accounting.js';
import {
  endStream,
  endStreamWithError,
  sendCompletion,
  sendError,
  sendProviderError,
  type WholeAnswer,
  writeStreamHead,
} from './call-answer.js';
import type { ChatCallContext } from './chat-call-context.js';
import { type FailedAttempt, isWorthAnotherTarget, refusedAttempt } from './failed-attempts.js';
import { generatedTextOf, isEventStream, parseJson } from './provider-answer.js';

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
      if (!this.isClientGone) writeStreamHead(this.context, status, headers, this.clock.now());
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
    const { hold, provider } = this.context;
    await this.admission.release(hold);
    this.events.upstreamFailed(this.context.requestId, provider.name, this.status);
    if (isWorthAnotherTarget(this.status, this.chunks) && (await this.handOver(this.refused()))) return;
    if (!this.isAwaited()) return;
    if (this.isCredentialRefused()) sendError(this.context, provider.credentialRefusal(this.status));
    else sendProviderError(this.context, this.wholeAnswer());
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
      if (!(await this.handOver(this.broken(error, true)))) sendError(this.context, error);
      return;
    }
    if (this.isAwaited()) sendCompletion(this.context, this.wholeAnswer(), account, this.clock.now());
  }

  private async endStream(lastBytes?: Buffer): Promise<void> {
    const account = this.account ?? (await this.accountFromTap());
    await this.settle(account, this.isClientGone ? 'client_gone' : 'completed');
    if (this.isAwaited()) endStream(this.context, account, lastBytes);
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
      sendError(this.context, error);
      return;
    }
    const account = this.account ?? (this.kind === 'stream' ? await this.accountFromTap() : accountFromHold(hold));
    await this.settle(account, this.isClientGone ? 'client_gone' : 'truncated');
    if (this.kind === 'stream') {
      if (this.isAwaited()) endStreamWithError(this.context, error);
    } else if (!isTheirs || !(await this.handOver(this.broken(error, true)))) sendError(this.context, error);
  }

  /**
   * Lets another attempt answer. False when there can be none: this one answers then.
   *
   * The hold has ended and nothing has reached the client.
   */
  private async handOver(failed: FailedAttempt): Promise<boolean> {
    const { failOver, response } = this.context;
    if (failOver === undefined || this.cutBy !== undefined || !this.isAwaited()) return false;
    response.off('close', this.onClose);
    const error = await failOver(failed);
    if (error !== undefined) sendError(this.context, error);
    return true;
  }

  private refused(): FailedAttempt {
    const { provider } = this.context;
    const refusal = this.isCredentialRefused() ? provider.credentialRefusal(this.status) : undefined;
    return refusedAttempt(this.target(), this.status, this.upstreamHeaders, refusal);
  }

  private broken(error: AppError, isCharged: boolean): FailedAttempt {
    return {
      ...this.target(),
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

  private target(): Target {
    const { provider, modelSent: model } = this.context.hold.identity;
    return { provider, model };
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
      sendError(this.context, new AppError('internal_unexpected', { cause: error }));
      if (this.context.response.headersSent) this.context.response.destroy();
    } finally {
      this.finish();
    }
  }

  /** False when nobody waits for the answer any more. */
  private isAwaited(): boolean {
    return !this.isClientGone && !this.context.response.destroyed;
  }

  private wholeAnswer(): WholeAnswer {
    return { status: this.status, headers: this.upstreamHeaders, chunks: this.chunks };
  }
}
