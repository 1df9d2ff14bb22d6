import type { LoggerService } from '@nestjs/common';

import type { Logger } from './logger.js';
import { redactText } from './redact-text.js';

/** Contexts whose start-up chatter (one line per module and route) is of interest only when debugging. */
const chattyContexts = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

/** Lets Nest's own messages and `new Logger(context)` of libraries go through pino. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    const context = contextOf(rest);
    const level = context !== undefined && chattyContexts.has(context) ? 'debug' : 'info';
    this.write(level, message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  private write(
    level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = contextOf(rest);
    const fields = context === undefined ? {} : { context };
    const failure = [message, ...rest].find((part) => part instanceof Error);
    if (failure !== undefined) {
      this.logger[level]({ ...fields, err: failure }, redactText(failure.message));
      return;
    }
    // An object may hold anything, so only text is printed.
    this.logger[level](fields, typeof message === 'string' ? redactText(message) : 'a message that is not text');
  }
}

/** Nest passes the context as the last argument. */
function contextOf(rest: unknown[]): string | undefined {
  const last = rest.at(-1);
  return typeof last === 'string' && !last.includes('\n') ? last : undefined;
}
