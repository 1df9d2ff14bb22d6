import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Clock, creditHoldCounterId, uuidv7 } from '@penstock/domain';
import type { JobEntity } from '@penstock/entities';
import { type EndedJobCall, JobBooks, type JobCallAnswer, KeySecrets } from '@penstock/management';
import { CLOCK, type RequestContext, teamOf } from '@penstock/platform';
import type { FastifyReply } from 'fastify';
import type { OutgoingHttpHeaders } from 'node:http';

import { attemptIdsOf, type GatewayAnswer, GatewayClient } from '../gateway/gateway-client.js';
import { unreachable } from '../gateway/gateway-refusal.js';
import { toJobCosts } from '../jobs.mapping.js';
import { JobsRepository } from '../jobs.repository.js';
import type { CreateAndCallRequest, LlmCallRequest } from '../jobs.requests.js';
import type { CallMetadata, CreateAndCallResponse, LlmCallResponse } from '../jobs.responses.js';
import { wholeOf } from '../json-numbers.js';
import { JobsService } from '../jobs.service.js';
import { isEventStream, isSuccess, malformed, refused, sentenceOf, withCall } from './call-outcome.js';
import { chatBodyOf, type ChatParameters, modelOf } from './chat-parameters.js';
import { type ChatCompletion, readCompletion } from './model-answer.js';
import { relayStream, type StreamEnd } from './relay-stream.js';
import { RunningCalls } from './running-calls.js';
import { streamErrorEvent } from './stream-error.js';

/** A call that is in the books and may be sent. */
interface BegunCall {
  readonly job: JobEntity;
  readonly callId: string;
  readonly holdSeq: string;
  /** Value of the team's virtual key. */
  readonly key: string;
  readonly request: ChatParameters;
  readonly startedMs: number;
}

/** A call whose answer has been read to the end. */
interface AnsweredCall {
  readonly completion: ChatCompletion;
  /** Undefined while its account is still on its way. */
  readonly ended: EndedJobCall | undefined;
  readonly latencyMs: number;
}

const KEEPALIVE_MS = 15_000;
/** When an account is asked for again that was not there with the answer; then the sweeper goes on. */
const RETRIES_MS = [250, 500, 1_000, 2_000, 4_000];
/** Of these retries, how many the client of a single-call job waits for. */
const RETRIES_WAITED_FOR = 2;
/** Calls of jobs: written down, made through a gateway with the key of the team, and accounted for. */
@Injectable()
export class JobCallsService {
  constructor(
    private readonly jobs: JobsService,
    private readonly repository: JobsRepository,
    private readonly books: JobBooks,
    private readonly gateway: GatewayClient,
    private readonly secrets: KeySecrets,
    private readonly running: RunningCalls,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async call(ctx: RequestContext, jobId: string, request: LlmCallRequest): Promise<LlmCallResponse> {
    const begun = await this.begin(ctx, jobId, request, false);
    const answered = await this.running.during(begun.callId, () => this.ask(ctx, begun));
    if (answered.ended === undefined) this.settleInBackground(ctx, begun);
    return {
      call_id: begun.callId,
      response: answered.completion.answer,
      metadata: metadataOf(begun, answered),
    };
  }

  async callStream(ctx: RequestContext, jobId: string, request: LlmCallRequest, reply: FastifyReply): Promise<void> {
    const begun = await this.begin(ctx, jobId, request, true);
    await this.running.during(begun.callId, () => this.stream(ctx, begun, reply));
  }

  async createAndCall(ctx: RequestContext, request: CreateAndCallRequest): Promise<CreateAndCallResponse> {
    const begun = await this.createWithCall(ctx, request, false);
    const answered = await this.running.during(begun.callId, () => this.ask(ctx, begun));
    const ended = answered.ended ?? (await this.settleSoon(ctx, begun));
    const job = ended?.job ?? begun.job;
    return {
      job_id: job.jobId,
      status: job.status,
      response: answered.completion.answer,
      metadata: metadataOf(begun, { ...answered, ended }),
      costs: toJobCosts(job),
      completed_at: job.endedAt?.toISOString() ?? null,
    };
  }

  async createAndCallStream(ctx: RequestContext, request: CreateAndCallRequest, reply: FastifyReply): Promise<void> {
    const begun = await this.createWithCall(ctx, request, true);
    await this.running.during(begun.callId, () => this.stream(ctx, begun, reply));
  }

  private async begin(
    ctx: RequestContext,
    jobId: string,
    request: LlmCallRequest,
    isStream: boolean,
  ): Promise<BegunCall> {
    await this.jobs.find(ctx, jobId);
    const key = await this.keyOfTeam(ctx);
    const holdSeq = await this.repository.findHoldSeq(jobId);
    const callId = uuidv7(ctx.nowMs);
    const job = await this.books.beginCall(
      ctx,
      jobId,
      {
        callId,
        purpose: request.purpose ?? null,
        modelRequested: modelOf(request),
        isStream,
        now: new Date(ctx.nowMs),
      },
      request.call_metadata ?? undefined,
    );
    if (holdSeq === null) throw new Error(`Job ${jobId} is running without a hold on its credits.`);
    return { job, callId, holdSeq, key, request, startedMs: this.clock.now() };
  }

  /** The job, its hold and its call come into being together. */
  private async createWithCall(
    ctx: RequestContext,
    request: CreateAndCallRequest,
    isStream: boolean,
  ): Promise<BegunCall> {
    const key = await this.keyOfTeam(ctx);
    const callId = uuidv7(ctx.nowMs);
    const { job, hold } = await this.jobs.open(
      ctx,
      {
        jobType: request.job_type,
        userId: request.user_id ?? null,
        metadata: request.job_metadata ?? {},
        isSingleCall: true,
      },
      (tx, created) =>
        this.books.insertCall(tx, created, {
          callId,
          purpose: request.purpose ?? null,
          modelRequested: modelOf(request),
          isStream,
          now: new Date(ctx.nowMs),
        }),
    );
    return { job, callId, holdSeq: hold.seq, key, request, startedMs: this.clock.now() };
  }

  /** Makes a call and reads its answer. @throws AppError why it failed; it is in the books then. */
  private async ask(ctx: RequestContext, begun: BegunCall): Promise<AnsweredCall> {
    let completion: ChatCompletion | undefined;
    let failure: AppError | undefined;
    let attemptIds: string[] | null = null;
    try {
      const answer = await this.send(ctx, begun, false);
      attemptIds = attemptIdsOf(answer);
      const text = await answer.body.text();
      if (isSuccess(answer)) completion = readCompletion(text);
      else ({ failure, attemptIds } = refused(answer, text));
    } catch (error) {
      failure = unreachable(error);
    }
    const latencyMs = this.clock.now() - begun.startedMs;
    failure ??= completion === undefined ? malformed() : undefined;
    const ended = await this.conclude(ctx, begun, { error: sentenceOf(failure), latencyMs, attemptIds });
    if (completion !== undefined && failure === undefined) return { completion, ended, latencyMs };
    if (ended === undefined) this.settleInBackground(ctx, begun);
    throw withCall(failure ?? malformed(), begun.job.jobId, begun.callId);
  }

  /**
   * Makes a call and passes its answer on as it comes. Until the answer begins, a failure is an exception like any
   * other; afterwards it is an event, and no `[DONE]` follows.
   */
  private async stream(ctx: RequestContext, begun: BegunCall, reply: FastifyReply): Promise<void> {
    const { raw } = reply;
    const leaving = new AbortController();
    raw.once('close', () => {
      // The gateway sees that nobody listens any more, and does with the provider what its policy says.
      if (!raw.writableFinished) leaving.abort();
    });
    let answer: GatewayAnswer;
    try {
      if (raw.destroyed) leaving.abort();
      answer = await this.send(ctx, begun, true, leaving.signal);
    } catch (error) {
      const failure = leaving.signal.aborted ? undefined : unreachable(error);
      await this.concludeOrRetry(ctx, begun, {
        error: sentenceOf(failure),
        latencyMs: this.latency(begun),
        attemptIds: null,
      });
      if (failure === undefined) return;
      throw withCall(failure, begun.job.jobId, begun.callId);
    }
    const attemptIds = attemptIdsOf(answer);
    if (!isSuccess(answer) || !isEventStream(answer)) {
      const text = await answer.body.text().catch(() => '');
      const refusal = isSuccess(answer) ? { failure: malformed(), attemptIds } : refused(answer, text);
      await this.concludeOrRetry(ctx, begun, {
        error: sentenceOf(refusal.failure),
        latencyMs: this.latency(begun),
        attemptIds: refusal.attemptIds,
      });
      throw withCall(refusal.failure, begun.job.jobId, begun.callId);
    }
    reply.hijack();
    const end = await relayStream({
      from: answer.body,
      to: raw,
      jobId: begun.job.jobId,
      headers: reply.getHeaders() as OutgoingHttpHeaders,
      keepaliveMs: KEEPALIVE_MS,
    });
    await this.endStream(ctx, begun, reply, end, attemptIds);
  }

  /** Accounts for a relayed call; only then the client learns that its answer is whole. */
  private async endStream(
    ctx: RequestContext,
    begun: BegunCall,
    { raw }: FastifyReply,
    end: StreamEnd,
    attemptIds: string[] | null,
  ): Promise<void> {
    let failure: unknown;
    try {
      await this.concludeOrRetry(ctx, begun, {
        error: end.kind === 'broken' ? end.reason : null,
        latencyMs: this.latency(begun),
        attemptIds,
      });
    } catch (error) {
      // The head is out: what went wrong can only be said in the stream. The sweeper concludes the call.
      failure = error;
    }
    if (raw.destroyed) return;
    if (failure !== undefined) raw.end(streamErrorEvent(failure, ctx.requestId));
    else if (end.kind === 'whole') raw.end(end.lastEvent);
    else if (end.kind === 'broken' && !end.wasTold) raw.end(streamErrorEvent(unreachable(end.cause), ctx.requestId));
    else raw.end();
  }

  private async send(
    ctx: RequestContext,
    { job, callId, holdSeq, key, request }: BegunCall,
    isStream: boolean,
    signal?: AbortSignal,
  ): Promise<GatewayAnswer> {
    return this.gateway.send({
      job: {
        jobId: job.jobId,
        callId,
        holdCounterId: creditHoldCounterId(holdSeq),
        governanceTeamId: teamOf(ctx).governanceTeamId,
      },
      key,
      requestId: ctx.requestId,
      clientIp: ctx.ip,
      nowMs: this.clock.now(),
      body: chatBodyOf(request, isStream),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  private conclude(ctx: RequestContext, begun: BegunCall, answer: JobCallAnswer): Promise<EndedJobCall | undefined> {
    const { job, callId } = begun;
    return this.books.concludeCall(
      { ...ctx, nowMs: this.clock.now() },
      { tenantId: job.tenantId, jobId: job.jobId, callId },
      answer,
    );
  }

  private async concludeOrRetry(ctx: RequestContext, begun: BegunCall, answer: JobCallAnswer): Promise<void> {
    const ended = await this.conclude(ctx, begun, answer);
    if (ended === undefined) this.settleInBackground(ctx, begun);
  }

  /** Waits a little for the account of a call whose answer is there already. */
  private async settleSoon(ctx: RequestContext, begun: BegunCall): Promise<EndedJobCall | undefined> {
    for (const delayMs of RETRIES_MS.slice(0, RETRIES_WAITED_FOR)) {
      const ended = await this.settleAfter(ctx, begun, delayMs);
      if (ended !== undefined) return ended;
    }
    this.settleInBackground(ctx, begun);
    return undefined;
  }

  private settleInBackground(ctx: RequestContext, begun: BegunCall): void {
    this.running.inBackground(`settle ${begun.callId}`, async () => {
      for (const delayMs of RETRIES_MS) {
        if ((await this.settleAfter(ctx, begun, delayMs)) !== undefined) return;
      }
    });
  }

  private async settleAfter(
    ctx: RequestContext,
    { job, callId }: BegunCall,
    delayMs: number,
  ): Promise<EndedJobCall | undefined> {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    return this.books.concludeSettlingCall({ ...ctx, nowMs: this.clock.now() }, job, callId);
  }

  private latency({ startedMs }: BegunCall): number {
    return this.clock.now() - startedMs;
  }

  /** The current value of the key that was made with the team. */
  private async keyOfTeam(ctx: RequestContext): Promise<string> {
    const { teamId } = teamOf(ctx);
    const secret = await this.repository.findTeamSecret(teamId);
    if (secret === null) {
      throw new AppError('team_without_key', {
        detail: `Team '${teamId}' has no virtual key that calls could be made with.`,
      });
    }
    return this.secrets.reveal(secret);
  }
}

function metadataOf(
  begun: BegunCall,
  { ended, completion, latencyMs }: Pick<AnsweredCall, 'ended' | 'completion' | 'latencyMs'>,
): CallMetadata {
  const model = modelOf(begun.request);
  const tokens =
    ended === undefined
      ? (completion.totalTokens ?? 0)
      : wholeOf(ended.call.promptTokens + ended.call.completionTokens);
  return { tokens_used: tokens, latency_ms: latencyMs, model, model_group: model };
}
