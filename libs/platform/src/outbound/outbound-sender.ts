import { Agent, request, type Dispatcher } from 'undici';

import type { AddressPolicy } from './address-policy.js';
import { guardedLookup, RefusedAddressError, type ResolveAll } from './guarded-lookup.js';
import { checkOutboundUrl } from './outbound-url.js';

/** What came of a request: the answer's status and the head of its body, or why there is none. */
export type OutboundResult =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** How patient the sender is. */
export interface OutboundOptions {
  /** For the whole exchange: resolving, connecting, sending, reading. */
  readonly deadlineMs: number;
  /** Of an answer's body no more is read. */
  readonly bodyBytesMax: number;
  /** How names are resolved; the system's resolver unless a test says otherwise. */
  readonly resolve?: ResolveAll;
}

const HEADER_BYTES_MAX = 16_384;

/**
 * Sends to URLs that others have named. Every connection goes to an address the policy allows, redirects are answers
 * and not followed, and neither a slow nor an endless answer holds anything up.
 */
export class OutboundSender {
  private readonly agents: Readonly<Record<string, Agent>>;

  constructor(
    private readonly policy: AddressPolicy,
    private readonly options: OutboundOptions,
  ) {
    const agentFor = (isEncrypted: boolean): Agent =>
      new Agent({
        connect: { lookup: guardedLookup(policy, isEncrypted, options.resolve), timeout: options.deadlineMs },
        maxHeaderSize: HEADER_BYTES_MAX,
        pipelining: 1,
      });
    this.agents = { 'http:': agentFor(false), 'https:': agentFor(true) };
  }

  /** Never rejects: whatever goes wrong with somebody else's server is a result. */
  async post(target: string, headers: Readonly<Record<string, string>>, body: string): Promise<OutboundResult> {
    const checked = checkOutboundUrl(target, this.policy);
    if ('reason' in checked) return { kind: 'failed', reason: `the URL ${checked.reason}` };
    const dispatcher = this.agents[checked.url.protocol];
    if (dispatcher === undefined) throw new Error(`There is no agent for ${checked.url.protocol}`);
    const signal = AbortSignal.timeout(this.options.deadlineMs);
    try {
      const answer = await request(checked.url, {
        method: 'POST',
        headers: { ...headers },
        body,
        dispatcher,
        signal,
        // Events are rare: a connection that was kept would be closed by the receiver when the next one is sent into it.
        reset: true,
      });
      return { kind: 'answered', status: answer.statusCode, body: await this.headOf(answer.body) };
    } catch (error) {
      return { kind: 'failed', reason: this.reasonOf(error, signal) };
    }
  }

  /** Cuts what is under way and closes all connections. */
  async close(): Promise<void> {
    await Promise.all(Object.values(this.agents).map((agent) => agent.destroy()));
  }

  private async headOf(body: Dispatcher.ResponseData['body']): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    // Leaving the loop destroys the stream, and with it the connection of an answer that goes on.
    for await (const chunk of body) {
      const part = (chunk as Buffer).subarray(0, this.options.bodyBytesMax - bytes);
      chunks.push(part);
      bytes += part.length;
      if (bytes >= this.options.bodyBytesMax) break;
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  private reasonOf(error: unknown, signal: AbortSignal): string {
    if (signal.aborted) return `no complete answer within ${this.options.deadlineMs} ms`;
    if (error instanceof RefusedAddressError) return `the host ${error.message}`;
    // The code says what happened; the message may name addresses.
    const { code } = error as { readonly code?: unknown };
    return typeof code === 'string' ? `no answer (${code})` : 'no answer';
  }
}
