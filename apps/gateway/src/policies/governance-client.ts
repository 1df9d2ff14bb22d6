import { AppError } from '@penstock/domain';
import type { PolicyLookup } from '@penstock/dto';
import { Pool } from 'undici';

/** Longest wait for governance: it answers from one query, and a caller is waiting. */
const DEADLINE_MS = 2_000;

/** Asks governance what a gateway may not decide from memory. Every failure is "cannot verify", never "unknown key". */
export class GovernanceClient {
  private readonly pool: Pool;
  private readonly basePath: string;

  constructor(
    url: string,
    private readonly serviceToken: string,
  ) {
    const { origin, pathname } = new URL(url);
    this.pool = new Pool(origin, { connections: 16, connectTimeout: 1_000, allowH2: false });
    this.basePath = pathname.replace(/\/$/, '');
  }

  /** The policy of the key with this hash. */
  async lookUp(keyHash: string): Promise<PolicyLookup> {
    return (await this.call('GET', `/internal/policies/${keyHash}`)) as PolicyLookup;
  }

  /** Makes a tenant's counters resident in Redis. */
  async loadTenant(tenantId: string): Promise<void> {
    await this.call('POST', `/internal/tenants/${encodeURIComponent(tenantId)}/load`);
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  private async call(method: 'GET' | 'POST', path: string): Promise<unknown> {
    try {
      const response = await this.pool.request({
        method,
        path: this.basePath + path,
        headers: { authorization: `Bearer ${this.serviceToken}`, accept: 'application/json' },
        headersTimeout: DEADLINE_MS,
        bodyTimeout: DEADLINE_MS,
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
      if (response.statusCode >= 200 && response.statusCode < 300) return await response.body.json();
      await response.body.dump();
      throw new Error(`governance answered ${response.statusCode} to ${method} ${path.split('/', 3).join('/')}`);
    } catch (error) {
      throw new AppError('policy_unavailable', {
        detail: 'The policy of this key cannot be verified at the moment. The key itself was not judged; try again.',
        cause: error,
      });
    }
  }
}
