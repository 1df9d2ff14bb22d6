import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

import type { AppError } from '@penstock/domain';

import type { Hold } from '../../admission/admission.service.js';
import type { Dialect } from '../../auth/credential.js';
import type { Provider } from '../../routing/providers.js';
import type { CallPrice } from './call-accounting.js';
import type { ChatFacts } from './chat-request.js';
import type { FailedAttempt } from './failed-attempts.js';

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
  /** Undefined for the only attempt that there can be. */
  readonly failOver: FailOver | undefined;
  /** What the caller is told besides what every call is told. */
  readonly headers: Readonly<Record<string, string>> | undefined;
}
