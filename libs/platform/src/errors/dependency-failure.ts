/** A dependency that a request could not do without. */
export type FailedDependency = 'database' | 'redis';

const databaseNetworkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

/**
 * SQLSTATEs of a PostgreSQL that cannot serve now: shutting down or starting (57P0x), out of connections, a
 * statement or lock that took too long, a conflict that a new try resolves.
 */
const unavailableSqlStates = new Set(['57P01', '57P02', '57P03', '57014', '53300', '55P03', '40001', '40P01']);

const databaseMessages =
  /timeout exceeded when trying to connect|connection terminated|client has encountered a connection error|driver not connected|datasource .*not initialized/i;
const redisMessages =
  /^(Connection is closed\.|Command timed out|Stream isn't writeable and enableOfflineQueue|Socket timeout\.|LOADING |READONLY |MASTERDOWN |CLUSTERDOWN )/;

/** How TypeORM says that it never reached its database: until the first connection it knows no entity either. */
const unconnectedErrorNames = new Set(['CannotConnectAlreadyConnectedError', 'EntityMetadataNotFoundError']);

const depthMax = 6;

/** Which dependency an error is about, if it says that one was away rather than that something is wrong. */
export function failedDependencyOf(error: unknown, depth = 0): FailedDependency | undefined {
  if (!(error instanceof Error) || depth > depthMax) {
    return undefined;
  }
  if (error.name === 'MaxRetriesPerRequestError' || redisMessages.test(error.message)) {
    return 'redis';
  }
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && isDatabaseCode(code)) {
    return 'database';
  }
  if (databaseMessages.test(error.message) || unconnectedErrorNames.has(error.name)) {
    return 'database';
  }
  for (const inner of innerErrorsOf(error)) {
    const dependency = failedDependencyOf(inner, depth + 1);
    if (dependency !== undefined) {
      return dependency;
    }
  }
  return undefined;
}

function isDatabaseCode(code: string): boolean {
  return databaseNetworkCodes.has(code) || unavailableSqlStates.has(code) || /^08[0-9A-Z]{3}$/.test(code);
}

function innerErrorsOf(error: Error): unknown[] {
  const several: unknown[] = error instanceof AggregateError ? error.errors : [];
  const driverError = 'driverError' in error ? error.driverError : undefined;
  return [error.cause, driverError, ...several];
}
