import { JobCallEntity } from './job-call.entity.js';
import { JobDailyEntity } from './job-daily.entity.js';
import { JobEntity } from './job.entity.js';

export * from './job-call.entity.js';
export * from './job-daily.entity.js';
export * from './job.entity.js';

/** Tables of jobs. */
export const jobEntities = [JobCallEntity, JobDailyEntity, JobEntity];
