import { waitFor } from '@penstock/testing';
import { Pool } from 'undici';

import { variedBody } from './load.js';
import { type Answer, MODEL, type Tenant } from './proof.js';

/**
 * Clients as strict as they come: each keeps one connection per gateway alive and goes to the other gateway only
 * when a connection is refused, which is the one failure after which any client may safely try again.
 */
export class KeepAliveClients {
  private isStopped = false;
  private started = 0;
  private readonly answers: Answer[] = [];
  private readonly failures: unknown[] = [];
  private readonly pools: Pool[] = [];
  private readonly running: Promise<void>[];

  constructor(
    private readonly gatewayUrls: readonly string[],
    private readonly tenant: Tenant,
    count: number,
  ) {
    this.running = Array.from({ length: count }, () => this.run());
  }

  /** Resolves when so many more calls were answered, or one failed. */
  async served(count: number): Promise<void> {
    const target = this.answers.length + count;
    await waitFor(() => this.answers.length >= target || this.failures.length > 0, {
      what: `${count} more calls`,
      timeoutMs: 30_000,
    });
  }

  async stop(): Promise<{ readonly answers: readonly Answer[]; readonly failures: readonly unknown[] }> {
    this.isStopped = true;
    await Promise.all(this.running);
    await Promise.all(this.pools.map((pool) => pool.close()));
    return { answers: this.answers, failures: this.failures };
  }

  private async run(): Promise<void> {
    const pools = this.gatewayUrls.map((url) => new Pool(url, { connections: 1, pipelining: 1 }));
    this.pools.push(...pools);
    let current = 0;
    while (!this.isStopped) {
      this.started += 1;
      const requestId = `${this.tenant.label}k${this.started}`;
      const body = JSON.stringify({ model: MODEL, max_tokens: 16, ...variedBody(this.started) });
      for (let attempt = 0; ; attempt += 1) {
        try {
          this.answers.push(await this.send(pools[current]!, requestId, body));
          break;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED' || attempt === pools.length) {
            this.failures.push({ requestId, error });
            break;
          }
          current = (current + 1) % pools.length;
        }
      }
    }
  }

  private async send(pool: Pool, requestId: string, body: string): Promise<Answer> {
    const response = await pool.request({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json', 'x-bf-vk': this.tenant.key, 'x-request-id': requestId },
      body,
    });
    const headers = new Headers();
    for (const [name, value] of Object.entries(response.headers)) headers.set(name, String(value));
    return { requestId, status: response.statusCode, headers, text: await response.body.text() };
  }
}
