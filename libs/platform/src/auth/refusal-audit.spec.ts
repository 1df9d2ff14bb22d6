import { beforeEach, describe, expect, it } from '@jest/globals';

import type { RequestContext } from '../context/request-context.js';
import { createLogger } from '../logging/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { RefusalAudit, refusalsPerAddressMax, refusalsPerWindowMax, refusalWindowMs } from './refusal-audit.js';
import type { RefusalEntry } from './refusal-entry.js';

const startMs = Date.UTC(2026, 0, 15, 12);
const refused = { action: 'operator.refused', code: 'authentication_invalid', entityType: 'route', entityId: 'GET /' };

describe('the audit of refusals', () => {
  let entries: RefusalEntry[];
  let metrics: Metrics;
  let audit: RefusalAudit;
  let isDatabaseAway: boolean;

  beforeEach(() => {
    entries = [];
    isDatabaseAway = false;
    metrics = new Metrics('test');
    const recordRefusal = async (entry: RefusalEntry): Promise<void> => {
      if (isDatabaseAway) throw new Error('away');
      entries.push(entry);
    };
    audit = new RefusalAudit({ masterKey: 'k', recordRefusal }, createLogger('test', { level: 'silent' }), metrics);
  });

  function from(ip: string, nowMs = startMs): RequestContext {
    return { requestId: 'r', actor: { kind: 'anonymous', id: 'anonymous' }, ip, userAgent: 'curl', nowMs };
  }

  it('keeps a flood from many addresses small and says afterwards how much was left out', async () => {
    for (let index = 0; index < 1_000; index += 1) await audit.note(from(`10.0.${index % 250}.${index}`), refused);
    expect(entries).toHaveLength(refusalsPerWindowMax);

    await audit.note(from('10.1.1.1', startMs + refusalWindowMs), refused);
    expect(entries.at(-1)?.after).toEqual({
      code: 'authentication_invalid',
      suppressed_before: 1_000 - refusalsPerWindowMax,
    });
    expect(await metrics.text()).toMatch(/penstock_operator_refusals_total\{[^}]*\} 1001/);
  });

  it('leaves room for others when one address floods', async () => {
    for (let index = 0; index < 100; index += 1) await audit.note(from('10.0.0.1'), refused);
    await audit.note(from('10.0.0.2'), refused);

    expect(entries.map(({ ip }) => ip)).toEqual([...Array(refusalsPerAddressMax).fill('10.0.0.1'), '10.0.0.2']);
    expect(entries.at(-1)?.after['suppressed_before']).toBe(100 - refusalsPerAddressMax);
  });

  it('keeps the share of one kind from the flood of another', async () => {
    for (let index = 0; index < 100; index += 1) await audit.note(from(`10.0.0.${index}`), refused);
    await audit.note(from('10.0.0.1'), { ...refused, code: 'role_insufficient' });

    expect(entries.at(-1)?.after).toEqual({ code: 'role_insufficient' });
  });

  it('never rejects, and counts what could not be written as left out', async () => {
    isDatabaseAway = true;
    await audit.note(from('10.0.0.1'), refused);
    isDatabaseAway = false;
    await audit.note(from('10.0.0.2'), refused);

    expect(entries.map(({ after }) => after['suppressed_before'])).toEqual([1]);
  });
});
