import { setTimeout as pause } from 'node:timers/promises';

import { simulated, waitFor } from '@penstock/testing';

import type { Answer, Proof, Tenant } from './proof.js';

/** A refused client does not come back at once. */
const BACK_OFF_MS = 20;

/** Every call differs in what it uses, so that no two could be mistaken for each other in a sum. */
export function variedBody(index: number): Record<string, unknown> {
  const behaviour = {
    promptTokens: 20 + (index % 40),
    cachedTokens: index % 7,
    completionTokens: 3 + (index % 13),
    reasoningTokens: index % 3,
    latencyMs: index % 4,
    ...(index % 2 === 0 ? {} : { chunks: 3, chunkIntervalMs: 2 }),
  };
  return { stream: index % 2 === 1, messages: simulated(behaviour) };
}

/** Clients that call one after another, JSON and streams, until they are stopped. */
export class Load {
  private isStopped = false;
  private started = 0;
  private readonly clients: Promise<void>[];
  readonly answers: Answer[] = [];

  constructor(
    private readonly proof: Proof,
    private readonly tenant: Tenant,
    clientCount = 6,
  ) {
    this.clients = Array.from({ length: clientCount }, (_, client) => this.run(client));
  }

  /** Resolves when so many more calls were answered with 200. */
  async served(count: number): Promise<void> {
    const before = this.countServed();
    await waitFor(() => this.countServed() >= before + count, { what: `${count} more calls`, timeoutMs: 30_000 });
  }

  /** Lets every client finish its call. */
  async stop(): Promise<readonly Answer[]> {
    this.isStopped = true;
    await Promise.all(this.clients);
    return this.answers;
  }

  private countServed(): number {
    return this.answers.filter(({ status, error }) => status === 200 && error === undefined).length;
  }

  private async run(client: number): Promise<void> {
    const gateway = client % this.proof.stack.gateways.length;
    while (!this.isStopped) {
      this.started += 1;
      const answer = await this.proof.call(this.tenant, { gateway, body: variedBody(this.started) });
      this.answers.push(answer);
      if (answer.status !== 200) await pause(BACK_OFF_MS);
    }
  }
}
