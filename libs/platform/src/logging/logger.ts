import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

import type { LogLevel } from '../config/base-config.js';
import { errorFields } from './error-fields.js';

/** The logger of every app: pino, one JSON object a line on stdout. */
export type Logger = PinoLogger;

/** Injection token of the app's logger. */
export const LOGGER = Symbol('penstock.logger');

const omitted = (): string => '[omitted]';

/** Objects that carry credentials, prompts or answers are named here and never printed, whoever logs them. */
const serializers = {
  err: errorFields,
  error: errorFields,
  req: omitted,
  request: omitted,
  res: omitted,
  response: omitted,
  headers: omitted,
  body: omitted,
  authorization: omitted,
  apiKey: omitted,
  config: omitted,
  messages: omitted,
  prompt: omitted,
  completion: omitted,
};

/** Creates the logger of a process. `destination` is stdout unless a test reads the lines. */
export function createLogger(
  name: string,
  options: { level?: LogLevel; destination?: DestinationStream } = {},
): Logger {
  const settings = {
    name,
    level: options.level ?? 'info',
    serializers,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}
