import { QueryFailedError } from 'typeorm';

const DEADLOCK = '40P01';

/** The named constraint that a statement broke, if that is what failed. */
export function brokenConstraintOf(error: unknown): string | undefined {
  return driverFieldOf(error, 'constraint');
}

/** Whether a transaction lost because it and another one waited for each other; nothing of it was written. */
export function isDeadlock(error: unknown): boolean {
  return driverFieldOf(error, 'code') === DEADLOCK;
}

function driverFieldOf(error: unknown, field: string): string | undefined {
  if (!(error instanceof QueryFailedError)) return undefined;
  const value = (error.driverError as unknown as Record<string, unknown>)[field];
  return typeof value === 'string' ? value : undefined;
}
