import { UsageRecordJob } from '@penstock/dto';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';

/** The payload of a job does not have the agreed shape: trying again cannot help. */
export class InvalidUsageJobError extends Error {
  override readonly name = 'InvalidUsageJobError';
}

/** Reads the payload of a `usage-record` job. @throws InvalidUsageJobError naming every wrong field */
export function parseUsageJob(data: unknown): UsageRecordJob {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new InvalidUsageJobError('the payload is not an object');
  }
  const job = plainToInstance(UsageRecordJob, data);
  const errors = validateSync(job, { forbidUnknownValues: true });
  if (errors.length > 0) throw new InvalidUsageJobError(errors.flatMap((error) => reasonsOf(error)).join('; '));
  return job;
}

function reasonsOf(error: ValidationError, parent = ''): string[] {
  const path = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((reason) => `${path}: ${reason}`);
  return [...own, ...(error.children ?? []).flatMap((child) => reasonsOf(child, path))];
}
