import type { EntityManager } from 'typeorm';

/** Two numbers of the books that ought to be the same. */
export interface CreditDifference {
  /** What was compared, in words. */
  readonly check: string;
  /** Id of the account, transfer, grant or hold. */
  readonly id: string;
  /** The team as the operator calls it; null where it is nobody's. */
  readonly teamId: string | null;
  readonly expected: bigint;
  readonly actual: bigint;
}

/** What {@link checkCredits} looked at, and what it found. */
export interface CreditCheck {
  readonly accounts: number;
  readonly transfers: number;
  readonly differences: readonly CreditDifference[];
}

/** A check names what it compares and selects what differs: id, team, expected, actual. */
interface Check {
  readonly name: string;
  readonly sql: string;
}

const ACCOUNTS = `
  WITH entries AS (SELECT account_id, sum(credits) AS balance FROM ledger.credit_entries GROUP BY account_id),
  transfers AS (
    SELECT t.account_id, max(t.seq) AS last_seq,
      COALESCE(sum(t.credits) FILTER (WHERE t.type = 'deduction'), 0) AS used,
      COALESCE(sum(t.balance_after_credits - t.balance_before_credits) FILTER (WHERE t.type <> 'deduction'), 0)
        AS allocated
    FROM ledger.credit_transfers t GROUP BY t.account_id),
  grants AS (
    SELECT account_id, sum(burned_credits) AS burned, sum(credits - withdrawn_credits) AS kept,
      sum(credits - burned_credits - withdrawn_credits) AS rest
    FROM ledger.credit_grants GROUP BY account_id),
  accounts AS (
    SELECT a.id, a.team_id, a.allocated_credits, a.used_credits, a.allocated_credits - a.used_credits AS balance,
      COALESCE(e.balance, 0) AS entries, COALESCE(t.used, 0) AS used, COALESCE(t.allocated, 0) AS allocated,
      COALESCE(l.balance_after_credits, 0) AS last_balance, COALESCE(g.burned, 0) AS burned,
      COALESCE(g.kept, 0) AS kept, COALESCE(g.rest, 0) AS rest
    FROM ledger.credit_accounts a
    LEFT JOIN entries e ON e.account_id = a.id
    LEFT JOIN transfers t ON t.account_id = a.id
    LEFT JOIN ledger.credit_transfers l ON l.seq = t.last_seq
    LEFT JOIN grants g ON g.account_id = a.id
    WHERE a.kind = 'team')`;

function accountCheck(name: string, expected: string, actual: string): Check {
  return {
    name,
    sql: `${ACCOUNTS} SELECT id, team_id AS "teamId", ${expected} AS expected, ${actual} AS actual
      FROM accounts WHERE ${expected} <> ${actual}`,
  };
}

const CHECKS: readonly Check[] = [
  accountCheck('sum of entries is the balance of the account', 'balance', 'entries'),
  accountCheck('balance after the last transfer is the balance of the account', 'balance', 'last_balance'),
  accountCheck('deductions are the used credits of the account', 'used_credits', 'used'),
  accountCheck('all other transfers are the allocated credits of the account', 'allocated_credits', 'allocated'),
  accountCheck('grants, less what was withdrawn, are the allocated credits', 'allocated_credits', 'kept'),
  accountCheck('burned credits are what was used, up to what the grants held', 'LEAST(used_credits, kept)', 'burned'),
  {
    name: 'entries of all accounts sum to zero',
    sql: `SELECT 'all' AS id, NULL AS "teamId", 0 AS expected, sum(credits) AS actual
      FROM ledger.credit_entries HAVING sum(credits) <> 0`,
  },
  {
    name: 'entries of a transfer sum to zero',
    sql: `SELECT e.transfer_id AS id, a.team_id AS "teamId", 0 AS expected, sum(e.credits) AS actual
      FROM ledger.credit_entries e JOIN ledger.credit_transfers t ON t.id = e.transfer_id
      JOIN ledger.credit_accounts a ON a.id = t.account_id
      GROUP BY e.transfer_id, a.team_id HAVING sum(e.credits) <> 0`,
  },
  {
    name: 'the entry of the account is what its transfer says',
    sql: `SELECT t.id, a.team_id AS "teamId", t.balance_after_credits - t.balance_before_credits AS expected,
        COALESCE(e.credits, 0) AS actual
      FROM ledger.credit_transfers t JOIN ledger.credit_accounts a ON a.id = t.account_id
      LEFT JOIN ledger.credit_entries e ON e.transfer_id = t.id AND e.account_id = t.account_id
      WHERE t.balance_after_credits - t.balance_before_credits <> COALESCE(e.credits, 0)`,
  },
  {
    name: 'a transfer begins with the balance that the one before it left',
    sql: `SELECT id, "teamId", expected, actual FROM (
        SELECT t.id, a.team_id AS "teamId", t.balance_before_credits AS actual,
          lag(t.balance_after_credits, 1, 0::bigint) OVER (PARTITION BY t.account_id ORDER BY t.seq) AS expected
        FROM ledger.credit_transfers t JOIN ledger.credit_accounts a ON a.id = t.account_id) chain
      WHERE expected <> actual`,
  },
  {
    name: 'what a grant lost is the sum of its burns',
    sql: `SELECT g.id, a.team_id AS "teamId", g.burned_credits + g.withdrawn_credits AS expected,
        COALESCE(b.credits, 0) AS actual
      FROM ledger.credit_grants g JOIN ledger.credit_accounts a ON a.id = g.account_id
      LEFT JOIN (SELECT grant_id, sum(credits) AS credits FROM ledger.credit_burns GROUP BY grant_id) b
        ON b.grant_id = g.id
      WHERE g.burned_credits + g.withdrawn_credits <> COALESCE(b.credits, 0)`,
  },
  {
    name: 'a grant is what its transfer brought in',
    sql: `SELECT t.id, a.team_id AS "teamId", t.credits AS expected, COALESCE(g.credits, 0) AS actual
      FROM ledger.credit_transfers t JOIN ledger.credit_accounts a ON a.id = t.account_id
      LEFT JOIN ledger.credit_grants g ON g.transfer_id = t.id
      WHERE t.balance_after_credits > t.balance_before_credits AND t.credits <> COALESCE(g.credits, 0)`,
  },
  {
    name: 'the deduction of a job is what its hold was charged',
    sql: `SELECT h.id, a.team_id AS "teamId", h.charged_credits AS expected, COALESCE(t.credits, 0) AS actual
      FROM ledger.credit_holds h JOIN ledger.credit_accounts a ON a.id = h.account_id
      LEFT JOIN ledger.credit_transfers t ON t.job_id = h.id AND t.type = 'deduction'
      WHERE h.state = 'closed' AND h.charged_credits <> COALESCE(t.credits, 0)`,
  },
  {
    name: 'used credits are what calls without a job and ended holds took',
    sql: `SELECT a.id, a.team_id AS "teamId", a.used_credits AS expected,
        COALESCE(w.used, 0) + COALESCE(h.charged, 0) AS actual
      FROM ledger.credit_accounts a
      LEFT JOIN ledger.limit_windows w ON w.counter_id = 'k' || ledger.base36(a.seq) || '.0.0'
      LEFT JOIN (SELECT account_id, sum(charged_credits) AS charged FROM ledger.credit_holds GROUP BY account_id) h
        ON h.account_id = a.id
      WHERE a.kind = 'team' AND a.used_credits <> COALESCE(w.used, 0) + COALESCE(h.charged, 0)`,
  },
  {
    name: 'deductions without a job are the credits of their calls',
    sql: `SELECT t.id, a.team_id AS "teamId", t.credits AS expected, COALESCE(e.credits, 0) AS actual
      FROM ledger.credit_transfers t JOIN ledger.credit_accounts a ON a.id = t.account_id
      LEFT JOIN (SELECT credit_transfer_id, sum(credits) AS credits FROM ledger.usage_events
        WHERE credit_transfer_id IS NOT NULL GROUP BY credit_transfer_id) e ON e.credit_transfer_id = t.id
      WHERE t.type = 'deduction' AND t.job_id IS NULL AND t.credits <> COALESCE(e.credits, 0)`,
  },
];

interface DifferenceRow {
  readonly id: string;
  readonly teamId: string | null;
  readonly expected: string;
  readonly actual: string;
}

/** Most differences that are listed of one check. */
const LISTED_MAX = 100;

/**
 * Proves the books of all credits from first principles. Reads one consistent state: `tx` must be a transaction of
 * isolation level REPEATABLE READ, or nobody may write meanwhile.
 */
export async function checkCredits(tx: EntityManager): Promise<CreditCheck> {
  const differences: CreditDifference[] = [];
  for (const { name, sql } of CHECKS) {
    const rows: DifferenceRow[] = await tx.query(`${sql} ORDER BY 1 LIMIT ${LISTED_MAX}`);
    for (const { expected, actual, ...row } of rows) {
      differences.push({ check: name, ...row, expected: BigInt(expected), actual: BigInt(actual) });
    }
  }
  const [counts]: { accounts: string; transfers: string }[] = await tx.query(
    `SELECT (SELECT count(*) FROM ledger.credit_accounts WHERE kind = 'team') AS accounts,
       (SELECT count(*) FROM ledger.credit_transfers) AS transfers`,
  );
  return { accounts: Number(counts?.accounts), transfers: Number(counts?.transfers), differences };
}
