import { readsToLines, readToJson, costToJson } from '../management/management-report.js';
import type { ReadResult, ReadsResult } from '../management/measure-reads.js';
import type { ScanResult } from '../management/usage-event-scans.js';
import { round } from '../report.js';
import type { Company } from './measure-company.js';
import type { ReportsOptions } from './reports-options.js';

/** Resident memory of the admin process, in MB (10^6 bytes). */
export interface AdminMemory {
  readonly startMb: number;
  /** After all reports. */
  readonly endMb: number;
  readonly peakMb: number;
}

/** Everything that a run of the benchmark of the reports has found. */
export interface ReportMeasurements extends ReadsResult {
  readonly machine: string;
  readonly options: ReportsOptions;
  /** They read usage events, and are measured apart from the reports. */
  readonly previews: readonly ReadResult[];
  /** Of the reports alone. */
  readonly scans: ScanResult;
  /** Statements of reports that name the usage events. */
  readonly usageEventStatements: readonly string[];
  readonly company: readonly Company[];
  readonly memory: AdminMemory;
  /** Where seeded rows and their sums differ. */
  readonly seedProblems: readonly string[];
  readonly elapsedS: number;
}

/** True when no report touched usage events, the instrument can see it, and what was reported on is consistent. */
export function areReportsCorrect(measured: ReportMeasurements): boolean {
  const { scans, usageEventStatements, seedProblems } = measured;
  return scans.scans === 0 && scans.controlScans > 0 && usageEventStatements.length === 0 && seedProblems.length === 0;
}

/** The machine-readable result: fixed keys first, details after. */
export function reportsToJson(measured: ReportMeasurements): Record<string, unknown> {
  const { options, scans, memory } = measured;
  const slowest = worstBy(measured.reads, ({ p95Ms }) => p95Ms);
  const { name: neighbour, p95Ms } = worstBy(measured.company, (one) => one.p95Ms) ?? { name: '', p95Ms: Number.NaN };
  const toEntries = (reads: readonly ReadResult[]): Record<string, unknown> =>
    Object.fromEntries(reads.map((read) => [read.name, readToJson(read)]));
  return {
    slowest_report: slowest?.name ?? '',
    slowest_report_p95_ms: round(slowest?.p95Ms ?? Number.NaN, 3),
    usage_event_scans: scans.scans,
    is_correct: areReportsCorrect(measured),
    usage_events: options.usageEvents,
    jobs: options.jobs,
    teams: options.teams,
    credit_transfers: options.creditTransfers,
    audit_entries: options.auditEntries,
    reference: costToJson(measured.reference),
    reports: toEntries(measured.reads),
    previews: toEntries(measured.previews),
    health_beside: Object.fromEntries(
      measured.company.map((one) => [one.name, { p95_ms: round(one.p95Ms, 3), max_ms: round(one.maxMs, 3) }]),
    ),
    worst_company: neighbour,
    worst_company_p95_ms: round(p95Ms, 3),
    rss_mb_start: round(memory.startMb, 0),
    rss_mb: round(memory.endMb, 0),
    rss_mb_peak: round(memory.peakMb, 0),
    control_scans: scans.controlScans,
    guilty_reports: scans.guiltyReads,
    usage_event_statements: measured.usageEventStatements,
    seed_problems: measured.seedProblems,
    machine: measured.machine,
    elapsed_s: round(measured.elapsedS, 0),
  };
}

/** The table for people. */
export function reportsToText(measured: ReportMeasurements): string {
  const { options, scans, memory } = measured;
  const company = worstBy(measured.company, ({ p95Ms }) => p95Ms);
  return [
    `machine  ${measured.machine}`,
    `there    ${options.usageEvents} usage events, ${options.jobs} jobs, ${options.teams} teams, ${options.creditTransfers} transactions of credits, ${options.auditEntries} audit entries`,
    '',
    ...readsToLines({ reference: measured.reference, reads: [...measured.reads, ...measured.previews] }),
    '',
    `scans of usage events  ${scans.scans} by reports, ${scans.controlScans} by one deliberate query; a preview reads them, apart`,
    `GET /health beside     p95 ${company?.p95Ms.toFixed(2) ?? '?'} ms at worst, max ${company?.maxMs.toFixed(2) ?? '?'} ms (${company?.name ?? '?'})`,
    `memory of admin        ${memory.startMb.toFixed(0)} MB at the start, ${memory.endMb.toFixed(0)} MB after all reports, peak ${memory.peakMb.toFixed(0)} MB`,
    ...scans.guiltyReads.map((name) => `SCANS USAGE EVENTS     ${name}`),
    ...measured.usageEventStatements.map(
      (query) => `NAMES USAGE EVENTS     ${query.replaceAll(/\s+/g, ' ').slice(0, 200)}`,
    ),
    ...measured.seedProblems.map((problem) => `SEED DIFFERS           ${problem}`),
    `${areReportsCorrect(measured) ? 'CORRECT' : 'NOT CORRECT'} in ${measured.elapsedS.toFixed(0)} s`,
  ].join('\n');
}

function worstBy<T>(items: readonly T[], read: (item: T) => number): T | undefined {
  return items.toSorted((a, b) => read(b) - read(a))[0];
}
