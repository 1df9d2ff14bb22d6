import type { EntityManager } from 'typeorm';

/** What Redis should count for the credits of one account, as far as PostgreSQL knows. */
export interface CreditCounters {
  /** Number of the account; see `creditCounterId`. */
  readonly accountSeq: string;
  readonly tenantId: string;
  /** Used, and what the open holds take: decimal integer. */
  readonly credits: string;
  /** Used, without the holds. */
  readonly usedCredits: string;
  readonly holds: readonly OpenCreditHold[];
}

/** A hold on credits that is open, or may be. */
export interface OpenCreditHold {
  /** Number of the hold; see `creditHoldCounterId`. */
  readonly seq: string;
  /** What it began with and what its calls have added since; decimal integer. */
  readonly microCredits: string;
  /** False: Redis was asked for it and has not been heard. */
  readonly isOpen: boolean;
}

/** One statement, hence one moment. A hold that is still being opened is left to who opens it. */
const CREDIT_COUNTERS = `
  WITH holds AS (
    SELECT h.account_id, h.seq, h.state = 'open' AS is_open,
      h.initial_micro_credits + COALESCE(w.used, 0) AS micro
    FROM ledger.credit_holds h
    LEFT JOIN ledger.limit_windows w ON w.counter_id = 'm' || ledger.base36(h.seq) || '.0.0'
    WHERE h.state <> 'closed' AND ($1::uuid IS NULL OR h.tenant_id = $1)
  )
  SELECT a.seq AS "accountSeq", a.tenant_id AS "tenantId", a.used_credits AS "usedCredits",
    (a.used_credits + COALESCE((SELECT sum(GREATEST(1, trunc(micro / 1000000))) FROM holds h
      WHERE h.account_id = a.id AND h.is_open), 0))::text AS credits,
    (SELECT COALESCE(json_agg(json_build_object('seq', h.seq::text, 'microCredits', h.micro::text,
      'isOpen', h.is_open)), '[]') FROM holds h WHERE h.account_id = a.id) AS holds
  FROM ledger.credit_accounts a
  WHERE a.kind = 'team' AND ($1::uuid IS NULL OR a.tenant_id = $1)`;

/** The credits of a tenant's accounts, or of all; closed accounts too, because calls of theirs may still be in flight. */
export function readCreditCounters(manager: EntityManager, tenantId: string | null): Promise<CreditCounters[]> {
  return manager.query(CREDIT_COUNTERS, [tenantId]);
}
