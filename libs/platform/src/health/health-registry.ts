import type { Logger } from '../logging/logger.js';

/** What one check answered. */
export interface CheckReport {
  status: 'ok' | 'failed';
  latency_ms?: number;
  error?: string;
}

/** The body of `GET /health`. */
export interface HealthReport {
  status: 'ok' | 'degraded' | 'unavailable' | 'draining';
  service: string;
  checks: Record<string, CheckReport>;
}

/** A dependency that can be asked whether it works. */
export interface HealthCheck {
  name: string;
  /** Without it the process cannot do its job: 503. Otherwise its loss only degrades: 200. */
  critical: boolean;
  /** Default 1000. */
  timeoutMs?: number;
  /** Resolves when the dependency works, rejects when not. */
  check: () => Promise<unknown>;
}

const timeoutMsDefault = 1_000;

/** The checks of a process. A burst of probes costs each dependency one question. */
export class HealthRegistry {
  readonly #checks = new Map<string, HealthCheck>();
  readonly #failing = new Set<string>();
  #running: Promise<HealthReport> | undefined;

  constructor(
    private readonly service: string,
    private readonly logger: Logger,
    private readonly isDraining: () => boolean,
  ) {}

  /** A second check of the same name replaces the first. */
  register(check: HealthCheck): void {
    this.#checks.set(check.name, check);
  }

  async report(): Promise<HealthReport> {
    if (this.isDraining()) {
      return { status: 'draining', service: this.service, checks: {} };
    }
    this.#running ??= this.ask().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  private async ask(): Promise<HealthReport> {
    const checks = [...this.#checks.values()];
    const reports = await Promise.all(checks.map((check) => this.runCheck(check)));
    const failed = checks.filter((_, index) => reports[index]?.status === 'failed');
    const status = failed.length === 0 ? 'ok' : failed.some(({ critical }) => critical) ? 'unavailable' : 'degraded';
    const entries = checks.flatMap(({ name }, index) => {
      const report = reports[index];
      return report === undefined ? [] : [[name, report] as const];
    });
    return { status, service: this.service, checks: Object.fromEntries(entries) };
  }

  private async runCheck({ name, check, critical, timeoutMs = timeoutMsDefault }: HealthCheck): Promise<CheckReport> {
    const startedMs = performance.now();
    let timer: NodeJS.Timeout | undefined;
    try {
      const timeout = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new CheckTimeoutError(timeoutMs)), timeoutMs);
      });
      await Promise.race([Promise.resolve().then(check), timeout]);
      if (this.#failing.delete(name)) {
        this.logger.info({ check: name }, 'a health check works again');
      }
      return { status: 'ok', latency_ms: elapsedMs(startedMs) };
    } catch (error) {
      if (!this.#failing.has(name)) {
        this.#failing.add(name);
        this.logger.warn({ check: name, critical, err: error }, 'a health check fails');
      }
      return { status: 'failed', latency_ms: elapsedMs(startedMs), error: publicReason(error) };
    } finally {
      clearTimeout(timer);
    }
  }
}

class CheckTimeoutError extends Error {
  override readonly name = 'CheckTimeoutError';

  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
  }
}

/** `/health` is open to everyone: addresses and driver messages stay in the log. */
function publicReason(error: unknown): string {
  if (error instanceof CheckTimeoutError) {
    return error.message;
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code) ? code : 'failed';
}

function elapsedMs(startedMs: number): number {
  return Math.round((performance.now() - startedMs) * 10) / 10;
}
