import {
  AppError,
  type AdmittedCall,
  admitCall,
  type CallDecision,
  type Clock,
  countJsonTokens,
  exceededShadows,
  shapeOfChatRequest,
  type Target,
  uuidv7,
} from '@penstock/domain';
import type { JobCall } from '@penstock/platform';

import type { AdmissionService, CallDraft, Hold } from '../../admission/admission.service.js';
import type { GatewayEvents } from '../../gateway-events.js';
import type { PolicyEntry } from '../../policies/policy-entry.js';
import type { ProviderRegistry } from '../../routing/providers.js';
import { admissionHeaders } from './admission-headers.js';
import type { ChatRequest } from './chat-request.js';
import { toProviderBody } from './provider-body.js';

/** A hold outlives the deadline of its call by this, so that the sweeper never races a live owner. */
const HOLD_GRACE_MS = 60_000;

/** Who calls, from where, and since when. */
export interface Caller {
  readonly requestId: string;
  readonly keyValue: string;
  readonly clientIp: string;
  /** When the request arrived. */
  readonly arrivedAtMs: number;
  /** The job that the call is part of. */
  readonly job: JobCall | undefined;
}

/** What went before another attempt of the same call. */
export interface EarlierAttempts {
  /** Targets that are not to be tried again. */
  readonly failed: readonly Target[];
  /** Of the first attempt, so that the order of the targets stays the same. */
  readonly draw: number;
}

/** A call that may be made: its hold must end. */
export interface AdmittedChat extends Pick<AdmittedCall<Hold>, 'hold' | 'decision'> {
  /** What the provider is to get. */
  readonly body: Buffer;
  /** What the caller is told besides; undefined when the call is the one that was asked for. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** The policy that the call was admitted under. */
  readonly policy: PolicyEntry;
  /** When this attempt began; that of the first is the arrival of the request. */
  readonly startedAtMs: number;
  /** See {@link EarlierAttempts.draw}. */
  readonly draw: number;
}

/** Admits chat completions: the decision is the domain's, the room comes from {@link AdmissionService}. */
export class ChatAdmission {
  constructor(
    private readonly admission: AdmissionService,
    private readonly providers: ProviderRegistry,
    private readonly clock: Clock,
    private readonly events: GatewayEvents,
    private readonly callTimeoutMs: number,
    /** Uniform in [0, 1). */
    private readonly random: () => number,
  ) {}

  /**
   * @param earlier attempts of the same call that have failed: this one is a call of its own in the books.
   * @throws AppError with the refusal; nothing is held then.
   */
  async admit(
    { requestId, keyValue, clientIp, arrivedAtMs, job }: Caller,
    entry: PolicyEntry,
    chat: ChatRequest,
    earlier?: EarlierAttempts,
  ): Promise<AdmittedChat> {
    const startedAtMs = earlier === undefined ? arrivedAtMs : this.clock.now();
    const draw = earlier?.draw ?? this.random();
    const draft: CallDraft = {
      id: uuidv7(startedAtMs),
      requestId,
      modelRequested: chat.model,
      startedAtMs,
      isStream: chat.isStream,
      expiresAtMs: arrivedAtMs + this.callTimeoutMs + HOLD_GRACE_MS,
      job,
    };
    // Made before the reservation, which then is the last thing that can fail.
    let body = chat.bytes;
    let policy = entry;
    const admitted = await admitCall<Hold>(
      {
        model: chat.model,
        shape: shapeOfChatRequest(chat.body, chat.bytes.length),
        providers: this.providers,
        draw,
        nowMs: startedAtMs,
        clientIp,
        ...(job === undefined ? {} : { jobCounterId: job.holdCounterId }),
        ...(earlier === undefined ? undefined : { failed: earlier.failed }),
      },
      {
        reserve: (decide) =>
          this.admission.reserve(keyValue, policy, draft, (current): CallDecision => {
            policy = current;
            refuseForeignJob(job, current);
            const decision = decide(current);
            body = toProviderBody(chat, decision);
            return decision;
          }),
        countTokens: (encoding) => countJsonTokens(chat.bytes.toString('utf8'), encoding),
      },
    );
    const { hold, decision } = admitted;
    const shadows = exceededShadows(hold.plan, hold.totals, hold.amounts, this.admission.serverNowMs);
    if (shadows.length > 0) this.events.shadowsExceeded(requestId, shadows, this.clock.now());
    const attempt = 1 + (earlier?.failed.length ?? 0);
    const headers = admissionHeaders(admitted, chat.model, attempt, shadows);
    return { hold, decision, body, headers, policy, startedAtMs, draw };
  }
}

/** A key of another team must not spend what a job holds. */
function refuseForeignJob(job: JobCall | undefined, { snapshot }: PolicyEntry): void {
  if (job === undefined || job.governanceTeamId === snapshot.teamId) return;
  throw new AppError('request_invalid', { detail: 'The job of this call is of another team than its virtual key.' });
}
