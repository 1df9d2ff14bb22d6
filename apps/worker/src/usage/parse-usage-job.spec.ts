import { describe, expect, it } from '@jest/globals';

import { InvalidUsageJobError, parseUsageJob } from './parse-usage-job.js';

const id = '01900000-0000-7000-8000-000000000001';

describe('parseUsageJob', () => {
  it('reads a payload and ignores fields of later releases', () => {
    const job = parseUsageJob({ schemaVersion: 1, batches: [{ tenantId: 't', ids: [id] }], priority: 'later' });
    expect(job.batches).toEqual([{ tenantId: 't', ids: [id] }]);
  });

  it.each([
    [null],
    [[]],
    [{}],
    [{ schemaVersion: 2, batches: [] }],
    [{ schemaVersion: 1, batches: {} }],
    [{ schemaVersion: 1, batches: [null] }],
    [{ schemaVersion: 1, batches: [{ tenantId: 't', ids: [] }] }],
    [{ schemaVersion: 1, batches: [{ tenantId: 't', ids: ['not-a-uuid'] }] }],
    [{ schemaVersion: 1, batches: [{ tenantId: 7, ids: [id] }] }],
    [{ schemaVersion: 1, batches: [{ tenantId: 't', ids: Array.from({ length: 1_001 }, () => id) }] }],
  ])('refuses %j', (data) => {
    expect(() => parseUsageJob(data)).toThrow(InvalidUsageJobError);
  });
});
