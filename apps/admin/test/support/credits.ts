import { expect } from '@jest/globals';
import { checkCredits, CreditLedger } from '@penstock/management';

import type { AdminApp } from './admin-app.js';
import { insertTeam, type TestTeam } from './teams.js';

/** A team with an account, in which this many credits are. */
export async function insertTeamWithCredits(
  admin: Pick<AdminApp, 'call' | 'clock' | 'db' | 'hashOf'>,
  name: string,
  credits = 0,
): Promise<TestTeam> {
  const team = await insertTeam(admin, name);
  const ledger = new CreditLedger();
  const now = new Date(admin.clock.now());
  await admin.db.transaction(async (tx) => {
    const [row]: { tenantId: string }[] = await tx.query(
      `SELECT customer_id AS "tenantId" FROM governance.teams WHERE id = $1`,
      [team.governanceTeamId],
    );
    const account = await ledger.openAccount(tx, {
      tenantId: row!.tenantId,
      governanceTeamId: team.governanceTeamId,
      teamId: team.teamId,
      organizationId: team.organizationId,
      budgetMode: 'job_based',
      creditsPerDollar: '10.00',
      tokensPerCredit: 10_000n,
      now,
    });
    if (credits === 0) return;
    await ledger.post(tx, account, {
      type: 'allocation',
      direction: 'in',
      credits: BigInt(credits),
      idempotencyKey: 'opening',
      actor: { kind: 'system', id: 'test' },
      requestId: null,
      now,
    });
  });
  return team;
}

/** Charges a team for a job of its own, as the completion of a job does. */
export async function chargeJob(admin: AdminApp, team: TestTeam, jobId: string, credits: number): Promise<void> {
  const ledger = new CreditLedger();
  const now = new Date(admin.clock.now());
  await admin.db.transaction(async (tx) => {
    const account = (await ledger.lockOpenAccountOfTeam(tx, team.teamId))!;
    await tx.query(
      `INSERT INTO ledger.credit_holds (id, account_id, tenant_id, purpose, initial_micro_credits, state,
         charged_credits, created_at, closed_at) VALUES ($1, $2, $3, 'job', 0, 'closed', $4, $5, $5)`,
      [jobId, account.id, account.tenantId, credits, now],
    );
    await ledger.post(tx, account, {
      type: 'deduction',
      direction: 'out',
      credits: BigInt(credits),
      idempotencyKey: `job:${jobId}`,
      jobId,
      actor: { kind: 'system', id: 'test' },
      requestId: null,
      now,
    });
  });
}

/** The end of every test that moves credits: the books balance, and no withdrawal is left half done. */
export async function expectBalancedBooks(admin: Pick<AdminApp, 'db'>): Promise<void> {
  const { differences } = await admin.db.transaction('REPEATABLE READ', (tx) => checkCredits(tx));
  expect(differences).toEqual([]);
  expect(await admin.db.query(`SELECT id, state FROM ledger.credit_holds WHERE state <> 'closed'`)).toEqual([]);
}
