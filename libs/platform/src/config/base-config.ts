import { ChoiceEnv, CsvEnv, IntEnv, TextEnv, UrlEnv } from './env-decorators.js';

/** How much the logs say, from nothing to everything. */
export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The variables every app reads. An app's own configuration class extends it. */
export class BaseConfig {
  @UrlEnv({ protocols: ['redis', 'rediss'] })
  REDIS_URL: string;

  @TextEnv()
  PENSTOCK_HOST: string = '0.0.0.0';

  @ChoiceEnv(logLevels)
  PENSTOCK_LOG_LEVEL: LogLevel = 'info';

  /** How long a shutdown waits for requests that are being served. */
  @IntEnv({ max: 3_600_000 })
  PENSTOCK_SHUTDOWN_GRACE_MS: number = 20_000;

  /** How long a draining process still accepts connections, for load balancers to notice that it is leaving. */
  @IntEnv({ max: 600_000 })
  PENSTOCK_SHUTDOWN_DELAY_MS: number = 0;

  /** Peers whose X-Forwarded-For is believed: addresses, CIDR ranges, `loopback`, `linklocal`, `uniquelocal`. */
  @CsvEnv()
  PENSTOCK_TRUSTED_PROXIES: readonly string[] = ['loopback'];
}
