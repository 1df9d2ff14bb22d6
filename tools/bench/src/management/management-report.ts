import { round } from '../report.js';
import type { ReadCost, ReadResult, ReadsResult } from './measure-reads.js';
import type { ManagementOptions } from './management-options.js';
import type { ScanResult } from './usage-event-scans.js';

/** Everything that a run of the management benchmark has found. */
export interface ManagementMeasurements extends ReadsResult {
  readonly machine: string;
  readonly options: ManagementOptions;
  readonly scans: ScanResult;
  /** Statements of reads that name the usage events. */
  readonly usageEventStatements: readonly string[];
  /** Where the copies do not read as what the API created. */
  readonly seedProblems: readonly string[];
  readonly elapsedS: number;
}

/** True when no read touched usage events, the instrument can see it, and what was read is what the API writes. */
export function isManagementCorrect(measured: ManagementMeasurements): boolean {
  const { scans, usageEventStatements, seedProblems } = measured;
  return scans.scans === 0 && scans.controlScans > 0 && usageEventStatements.length === 0 && seedProblems.length === 0;
}

/** The machine-readable result: fixed keys first, details after. */
export function managementToJson(measured: ManagementMeasurements): Record<string, unknown> {
  const { options, scans, reads } = measured;
  const p95Of = (name: string): number => round(reads.find((read) => read.name === name)?.p95Ms ?? Number.NaN, 3);
  return {
    list_p95_ms: p95Of('list_keys_whole'),
    get_p95_ms: p95Of('get_key'),
    usage_event_scans: scans.scans,
    is_correct: isManagementCorrect(measured),
    keys: options.keys,
    teams: options.teams,
    customers: options.customers,
    usage_events: options.usageEvents,
    reference: costToJson(measured.reference),
    reads: Object.fromEntries(reads.map((read) => [read.name, readToJson(read)])),
    control_scans: scans.controlScans,
    guilty_reads: scans.guiltyReads,
    usage_event_statements: measured.usageEventStatements,
    seed_problems: measured.seedProblems,
    machine: measured.machine,
    elapsed_s: round(measured.elapsedS, 0),
  };
}

/** A measured read, as it stands in a JSON report. */
export function readToJson(read: ReadResult): Record<string, unknown> {
  return { ...costToJson(read), bytes: read.bytes, statements: read.statements };
}

/** What a read costs, as it stands in a JSON report. */
export function costToJson({ p50Ms, p95Ms, ratioP50, ratioP95, calls }: ReadCost): Record<string, unknown> {
  return {
    p50_ms: round(p50Ms, 3),
    p95_ms: round(p95Ms, 3),
    ratio_p50: round(ratioP50, 2),
    ratio_p95: round(ratioP95, 2),
    calls,
  };
}

/** The table for people. */
export function managementToText(measured: ManagementMeasurements): string {
  const { options, scans } = measured;
  return [
    `machine  ${measured.machine}`,
    `there    ${options.keys} keys, ${options.teams} teams, ${options.customers} customers, ${options.usageEvents} usage events`,
    '',
    ...readsToLines(measured),
    '',
    `scans of usage events  ${scans.scans} by reads, ${scans.controlScans} by one deliberate query`,
    ...scans.guiltyReads.map((name) => `SCANS USAGE EVENTS     ${name}`),
    ...measured.usageEventStatements.map(
      (query) => `NAMES USAGE EVENTS     ${query.replaceAll(/\s+/g, ' ').slice(0, 200)}`,
    ),
    ...measured.seedProblems.map((problem) => `SEED DIFFERS           ${problem}`),
    `${isManagementCorrect(measured) ? 'CORRECT' : 'NOT CORRECT'} in ${measured.elapsedS.toFixed(0)} s`,
  ].join('\n');
}

/** Reads and their reference, as the lines of a table. */
export function readsToLines({ reference, reads }: ReadsResult): string[] {
  const header = ['', 'p50 ms', 'p95 ms', 'x reference', 'p95', 'KB', 'SQL', 'calls'];
  const rows = [
    header,
    [
      'reference: GET /health',
      reference.p50Ms.toFixed(2),
      reference.p95Ms.toFixed(2),
      '1.0',
      '1.0',
      '',
      '',
      String(reference.calls),
    ],
    ...reads.map((read) => [
      read.name,
      read.p50Ms.toFixed(2),
      read.p95Ms.toFixed(2),
      read.ratioP50.toFixed(1),
      read.ratioP95.toFixed(1),
      (read.bytes / 1000).toFixed(1),
      read.statements?.toFixed(1) ?? '?',
      String(read.calls),
    ]),
  ];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}
