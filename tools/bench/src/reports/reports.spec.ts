import { describe, expect, it } from '@jest/globals';
import { lastMonths } from './report-reads.js';
import { parseReportsOptions } from './reports-options.js';
import { areReportsCorrect, type ReportMeasurements, reportsToJson } from './reports-report.js';

describe('parseReportsOptions', () => {
  it('seeds a million events unless told otherwise', () => {
    expect(parseReportsOptions([])).toMatchObject({ usageEvents: 1_000_000, jobs: 50_000, isJson: false });
    expect(parseReportsOptions(['--quick', '--json'])).toMatchObject({ usageEvents: 100_000, isJson: true });
  });

  it('refuses a flag that does not exist', () => {
    expect(() => parseReportsOptions(['--fast'])).toThrow(RangeError);
  });
});

describe('lastMonths', () => {
  it('are twelve whole ones, latest first, also across a year', () => {
    const months = lastMonths(Date.parse('2024-03-31T23:59:59Z'));
    expect(months).toHaveLength(12);
    expect(months[0]).toEqual({ first: '2024-03-01', last: '2024-03-31', until: '2024-04-01' });
    expect(months[1]).toEqual({ first: '2024-02-01', last: '2024-02-29', until: '2024-03-01' });
    expect(months[3]).toEqual({ first: '2023-12-01', last: '2023-12-31', until: '2024-01-01' });
  });
});

describe('areReportsCorrect', () => {
  const cost = { p50Ms: 1, p95Ms: 2, ratioP50: 1, ratioP95: 1, calls: 9 };
  const measured: ReportMeasurements = {
    machine: 'a machine',
    options: parseReportsOptions([]),
    reference: cost,
    reads: [
      { name: 'dashboard', bytes: 10, statements: 3, ...cost },
      { name: 'teams', bytes: 10, statements: 3, ...cost, p95Ms: 7 },
    ],
    previews: [],
    scans: { scans: 0, guiltyReads: [], controlScans: 5 },
    usageEventStatements: [],
    company: [{ name: 'teams', p95Ms: 3, maxMs: 4 }],
    memory: { startMb: 100, endMb: 120, peakMb: 130 },
    seedProblems: [],
    elapsedS: 1,
  };

  it('holds when nothing scanned usage events and a deliberate scan was seen', () => {
    expect(areReportsCorrect(measured)).toBe(true);
    expect(reportsToJson(measured)).toMatchObject({
      slowest_report: 'teams',
      slowest_report_p95_ms: 7,
      usage_event_scans: 0,
      worst_company: 'teams',
      is_correct: true,
    });
  });

  it.each([
    ['a report scanned them', { scans: { ...measured.scans, scans: 1 } }],
    ['a scan would not have been seen', { scans: { ...measured.scans, controlScans: 0 } }],
    ['a statement names them', { usageEventStatements: ['SELECT count(*) FROM ledger.usage_events'] }],
    ['sums differ', { seedProblems: ['jobs and job_daily: 2026-01-01 has (1) and (2)'] }],
  ])('does not when %s', (_, change) => {
    expect(areReportsCorrect({ ...measured, ...change })).toBe(false);
  });
});
