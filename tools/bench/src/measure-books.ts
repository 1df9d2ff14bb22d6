import type { BenchRun } from './bench-run.js';
import { auditLimits, type LimitAudit } from './limit-audit.js';

/** Three independent counts of the same calls, and of the same tokens. */
export interface BooksResult {
  /** What the load generator saw answered with 200. */
  readonly expected: number;
  /** What the provider finished. */
  readonly served: number;
  /** What PostgreSQL has. */
  readonly ledgerEvents: number;
  readonly servedTokens: number;
  readonly ledgerTokens: number;
  readonly estimatedEvents: number;
  readonly limits: LimitAudit;
}

/** Compares caller, provider and ledger after everything has settled. */
export async function measureBooks(run: BenchRun, tenantIds: readonly string[]): Promise<BooksResult> {
  const { stack, database, redis } = run.system;
  const response = await fetch(`${stack.simulatorUrl}/__sim/ledger/summary`);
  const summary = (await response.json()) as { completed: number; promptTokens: number; completionTokens: number };
  const { rows } = await database.query<{ events: string; tokens: string; estimated: string }>(
    `SELECT count(*)::text AS events, coalesce(sum(tokens), 0)::text AS tokens, count(*) FILTER (WHERE is_estimated)::text AS estimated
     FROM ledger.usage_events`,
  );
  const [ledger] = rows;
  return {
    expected: run.expectedCalls,
    served: summary.completed,
    ledgerEvents: Number(ledger?.events),
    servedTokens: summary.promptTokens + summary.completionTokens,
    ledgerTokens: Number(ledger?.tokens),
    estimatedEvents: Number(ledger?.estimated),
    limits: await auditLimits(redis, database, tenantIds),
  };
}
