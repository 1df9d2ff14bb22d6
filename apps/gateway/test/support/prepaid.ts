import { randomUUID } from 'node:crypto';

import { type BudgetMode, creditCounterId, creditHoldCounterId } from '@penstock/domain';
import { AdmissionStore, type CreditHoldOutcome, type JobCall, signJobCall } from '@penstock/platform';

import type { Proof, Tenant } from './proof.js';

/** How an account begins. */
export interface AccountOptions {
  readonly credits: number;
  readonly mode?: BudgetMode;
  /** 10 when absent. */
  readonly creditsPerDollar?: string;
  /** 10,000 when absent. */
  readonly tokensPerCredit?: number;
}

/** The credits of a tenant's team, written and read past the admin API, which this package must not need. */
export interface Account {
  readonly id: string;
  readonly counterId: string;
  readonly seq: string;
  used(): Promise<bigint>;
  /** Deductions of calls without a job. */
  deductions(): Promise<{ id: string; credits: bigint; calls: number }[]>;
  /** A hold as a job has it, in force in PostgreSQL and in Redis. */
  openJob(): Promise<{ readonly id: string; readonly counterId: string; readonly outcome: CreditHoldOutcome }>;
  /** Ends a job as the admin app does: PostgreSQL first, then Redis. */
  closeJob(jobId: string, counterId: string, charged: bigint): Promise<void>;
  /** Header of a call of a job. */
  header(jobId: string, counterId: string, change?: Partial<JobCall>): Record<string, string>;
}

/** Gives the team of a tenant that has made no call yet an account. */
export async function openAccount(proof: Proof, tenant: Tenant, options: AccountOptions): Promise<Account> {
  const { ledger } = proof;
  const store = new AdmissionStore(proof.redis, { deadlineMs: 5_000 });
  const id = randomUUID();
  const cap = String(options.credits);
  const [row] = await ledger.query<{ seq: string }>(
    `INSERT INTO ledger.credit_accounts (id, kind, tenant_id, governance_team_id, team_id, organization_id, budget_mode,
       credits_per_dollar, tokens_per_credit, allocated_credits, used_credits, overdraft_credits, auto_refill,
       created_at, updated_at)
     VALUES ($1, 'team', $2, $3, $4, 'org', $5, $6, $7, 0, 0, 0, false, now(), now()) RETURNING seq`,
    [
      id,
      tenant.id,
      tenant.teamId,
      tenant.label,
      options.mode ?? 'job_based',
      options.creditsPerDollar ?? '10',
      options.tokensPerCredit ?? 10_000,
    ],
  );
  const seq = row?.seq ?? '';
  const transferId = randomUUID();
  await ledger.query(
    `WITH a AS (UPDATE ledger.credit_accounts SET allocated_credits = $2 WHERE id = $1),
      t AS (INSERT INTO ledger.credit_transfers (id, account_id, type, credits, balance_before_credits,
          balance_after_credits, idempotency_key, request_hash, actor_type, actor_id, created_at)
        VALUES ($3, $1, 'allocation', $2, 0, $2, 'opening', '', 'test', 'test', now())),
      g AS (INSERT INTO ledger.credit_grants (id, account_id, transfer_id, priority, credits, burned_credits,
          withdrawn_credits, created_at) VALUES ($3, $1, $3, 100, $2, 0, 0, now()))
     INSERT INTO ledger.credit_entries (transfer_id, account_id, credits)
     VALUES ($3, $1, $2::bigint), ($3, '00000000-0000-0000-0000-0000000000c1', -($2::bigint))`,
    [id, cap, transferId],
  );
  const counterId = creditCounterId(seq);
  return {
    id,
    seq,
    counterId,
    used: async () => {
      const [found] = await ledger.query<{ used: string }>(
        'SELECT used_credits AS used FROM ledger.credit_accounts WHERE id = $1',
        [id],
      );
      return BigInt(found?.used ?? -1);
    },
    deductions: async () => {
      const found = await ledger.query<{ id: string; credits: string; calls: number }>(
        `SELECT id, credits, calls FROM ledger.credit_transfers WHERE account_id = $1 AND type = 'deduction'`,
        [id],
      );
      return found.map((deduction) => ({ ...deduction, credits: BigInt(deduction.credits) }));
    },
    openJob: async () => {
      const jobId = randomUUID();
      const [held] = await ledger.query<{ seq: string }>(
        `INSERT INTO ledger.credit_holds (id, account_id, tenant_id, purpose, initial_micro_credits, state, created_at)
         VALUES ($1, $2, $3, 'job', 0, 'opening', now()) RETURNING seq`,
        [jobId, id, tenant.id],
      );
      const holdCounterId = creditHoldCounterId(held?.seq ?? '');
      const outcome = await store.openCreditHold(tenant.id, {
        epoch: (await store.readEpoch(tenant.id)) ?? 0,
        accountCounterId: counterId,
        cap,
        holdCounterId,
        initialMicroCredits: '0',
      });
      if (outcome.status === 'open') {
        await ledger.query(`UPDATE ledger.credit_holds SET state = 'open' WHERE id = $1`, [jobId]);
      }
      return { id: jobId, counterId: holdCounterId, outcome };
    },
    closeJob: async (jobId, holdCounterId, charged) => {
      await ledger.query(
        `WITH h AS (UPDATE ledger.credit_holds SET state = 'closed', charged_credits = $2, closed_at = now() WHERE id = $1)
         UPDATE ledger.credit_accounts SET used_credits = used_credits + $2 WHERE id = $3`,
        [jobId, charged.toString(), id],
      );
      await store.closeCreditHolds(tenant.id, [
        { accountCounterId: counterId, holdCounterId, chargedCredits: charged.toString() },
      ]);
    },
    header: (jobId, holdCounterId, change = {}) => ({
      'x-penstock-job': signJobCall(proof.stack.serviceToken, {
        jobId,
        callId: randomUUID(),
        holdCounterId,
        governanceTeamId: tenant.teamId,
        expiresAtMs: Date.now() + 60_000,
        ...change,
      }),
    }),
  };
}
