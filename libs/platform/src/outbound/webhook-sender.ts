import type { WebhookEvent } from '@penstock/dto';

import type { SealedSecret, SecretBox } from '../crypto/secret-box.js';
import type { AddressPolicy } from './address-policy.js';
import { OutboundSender, type OutboundResult } from './outbound-sender.js';
import { webhookHeaders } from './webhook-signature.js';

/** A receiver has this long to answer. */
export const WEBHOOK_DEADLINE_MS = 10_000;
const ANSWER_BYTES_MAX = 4_096;

/** Where a webhook goes and what it is signed with. */
export interface WebhookTarget {
  readonly id: string;
  readonly url: string;
  readonly secret: SealedSecret;
}

/** Signs events and sends them, each in one attempt. */
export class WebhookSender {
  private readonly sender: OutboundSender;

  constructor(
    policy: AddressPolicy,
    private readonly box: SecretBox,
    deadlineMs: number = WEBHOOK_DEADLINE_MS,
  ) {
    this.sender = new OutboundSender(policy, { deadlineMs, bodyBytesMax: ANSWER_BYTES_MAX });
  }

  /** `nowMs` dates the attempt: receivers refuse what is signed for another time. @throws SecretBoxError */
  async send(target: WebhookTarget, event: WebhookEvent, nowMs: number): Promise<OutboundResult> {
    const body = JSON.stringify(event);
    const secret = this.box.decrypt(target.secret, target.id);
    return this.sender.post(target.url, webhookHeaders(secret, { id: event.id, sentAtMs: nowMs, body }), body);
  }

  async close(): Promise<void> {
    await this.sender.close();
  }
}

/** Whether the receiver took the event: any 2xx. */
export function isAccepted(result: OutboundResult): boolean {
  return result.kind === 'answered' && result.status >= 200 && result.status <= 299;
}
