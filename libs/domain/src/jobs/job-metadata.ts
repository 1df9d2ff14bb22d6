import { AppError } from '../errors/app-error.js';

/** Most characters of JSON that the metadata of a job takes: every change of it is audited, with all of it. */
export const JOB_METADATA_CHARS_MAX = 65_536;

/**
 * The metadata of a job with these members over it.
 *
 * @throws AppError `validation_failed` when that is more than is kept of a job.
 */
export function mergedJobMetadata(
  before: Readonly<Record<string, unknown>>,
  members: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = { ...before, ...members };
  const chars = JSON.stringify(merged).length;
  if (chars <= JOB_METADATA_CHARS_MAX) return merged;
  throw new AppError('validation_failed', {
    fields: [
      {
        path: 'metadata',
        reason: `of the job would have ${chars} characters as JSON, more than ${JOB_METADATA_CHARS_MAX}`,
      },
    ],
  });
}
