import { Injectable } from '@nestjs/common';
import {
  AppError,
  CallPolicy,
  type CallExplanation,
  chatBodyProblems,
  countersAt,
  countJsonTokens,
  explainCall,
  shapeOfChatRequest,
} from '@penstock/domain';
import type { PolicySnapshot } from '@penstock/dto';
import { AdmissionStore, KeyHasher, type RequestContext, StoreUnavailableError } from '@penstock/platform';

import { notFound } from '../http/not-found.js';
import { LiveUsage } from '../limits/answers/live-usage.js';
import { PoliciesService } from '../policies/policies.service.js';
import { chatBodyOf } from './chat-body.js';
import type { ExplainRequest } from './explain.requests.js';

/** Which providers a gateway can reach is the gateway's environment; here every one counts as configured. */
const ANY_PROVIDER = { has: () => true, names: (): readonly string[] => [] };
/** Of the providers that share the calls the one with the greatest weight comes first. */
const FIRST_BY_WEIGHT = 0;

/** An explanation, and of which key. */
export interface ExplainedCall {
  readonly explanation: CallExplanation;
  readonly snapshot: PolicySnapshot;
}

/** Says what gateways would do with a call: by their own decision, on the counters as they are. Reserves nothing. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly policies: PoliciesService,
    private readonly usage: LiveUsage,
    private readonly store: AdmissionStore,
    private readonly hasher: KeyHasher,
  ) {}

  /**
   * @throws AppError `validation_failed` for a request that gateways would refuse as invalid, `not_found` for an unknown
   * key, `store_unavailable` when the counters cannot be read.
   */
  async explain(ctx: RequestContext, asked: ExplainRequest): Promise<ExplainedCall> {
    const { text, body } = chatBodyOf(asked.request);
    const [problem] = chatBodyProblems(body);
    if (problem !== undefined) {
      throw new AppError('validation_failed', {
        detail: `request.${problem.path} ${problem.reason}.`,
        fields: [{ path: `request.${problem.path}`, reason: problem.reason }],
      });
    }
    const snapshot = await this.policies.find(await this.keyHashOf(asked), ctx.nowMs);
    if (snapshot === null) throw notFound('Virtual key');
    const explanation = await explainCall(
      new CallPolicy(snapshot),
      {
        model: body['model'] as string,
        shape: shapeOfChatRequest(body, Buffer.byteLength(text)),
        providers: ANY_PROVIDER,
        draw: FIRST_BY_WEIGHT,
        nowMs: ctx.nowMs,
        clientIp: null,
      },
      await this.readCounters(snapshot, ctx.nowMs),
      (encoding) => countJsonTokens(text, encoding),
    );
    return { explanation, snapshot };
  }

  private async keyHashOf({ virtual_key_id: id, virtual_key: value }: ExplainRequest): Promise<string> {
    if (typeof id === 'string' && typeof value !== 'string') {
      const keyHash = await this.policies.keyHashOf(id);
      if (keyHash === null) throw notFound('Virtual key');
      return keyHash;
    }
    if (typeof value === 'string' && typeof id !== 'string') return this.hasher.hash(value);
    throw new AppError('validation_failed', { detail: 'Send exactly one of virtual_key_id and virtual_key.' });
  }

  private async readCounters(
    { tenantId, limits }: PolicySnapshot,
    nowMs: number,
  ): Promise<{ readonly totals: ReadonlyMap<string, bigint>; readonly held: ReadonlyMap<string, bigint> }> {
    const counterIds = limits.flatMap((limit) => countersAt(limit, nowMs));
    try {
      const held = await this.store.heldByCounter(tenantId);
      return { totals: await this.usage.read(new Map([[tenantId, counterIds]])), held };
    } catch (cause) {
      if (!(cause instanceof StoreUnavailableError)) throw cause;
      throw new AppError('store_unavailable', { cause });
    }
  }
}
