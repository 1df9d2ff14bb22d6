import { QueryFailedError } from 'typeorm';

/** The named constraint that a statement broke, if that is what failed. */
export function brokenConstraintOf(error: unknown): string | undefined {
  return driverFieldOf(error, 'constraint');
}

/** PostgreSQL's code of what failed. */
export function sqlStateOf(error: unknown): string | undefined {
  return driverFieldOf(error, 'code');
}

function driverFieldOf(error: unknown, field: string): string | undefined {
  if (!(error instanceof QueryFailedError)) return undefined;
  const value = (error.driverError as unknown as Record<string, unknown>)[field];
  return typeof value === 'string' ? value : undefined;
}
