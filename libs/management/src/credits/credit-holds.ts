import { Injectable } from '@nestjs/common';
import { AppError, creditCounterId, creditHoldCounterId, creditsHeld } from '@penstock/domain';
import { CreditHoldEntity, type CreditHoldPurpose } from '@penstock/entities';
import { AdmissionStore, StoreUnavailableError } from '@penstock/platform';
import { DataSource, type EntityManager } from 'typeorm';

import type { Change } from '../changes/change.js';
import { TenantLoader } from '../policies/tenant-loader.js';

/** A hold on credits that is asked for. */
export interface NewCreditHold {
  /** Of a job: the job's id. */
  readonly id: string;
  readonly accountId: string;
  readonly purpose: CreditHoldPurpose;
  /** What it takes at first; one credit where this is less. A withdrawal of n credits begins with n million. */
  readonly initialMicroCredits: bigint;
  /** Only what was paid in may be taken: an overdraft is for use. */
  readonly isWithoutOverdraft?: boolean;
  readonly nowMs: number;
}

/** What Redis needs to decide about a hold, from one statement. */
interface AccountRow {
  readonly seq: string;
  readonly tenantId: string;
  readonly teamId: string;
  readonly cap: string;
  /** The same without the overdraft. */
  readonly allocated: string;
  readonly epoch: string;
}

/** The policy may change, or Redis forget the tenant, while a hold is asked for. */
const ATTEMPTS_MAX = 8;

/**
 * Takes credits out of everybody's reach, for a job or for a withdrawal. Redis decides, because it alone knows what the
 * calls in flight have taken; PostgreSQL remembers, so that Redis can be set right from it.
 */
@Injectable()
export class CreditHolds {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: AdmissionStore,
    private readonly tenants: TenantLoader,
  ) {}

  /**
   * Opens a hold: its row and what `write` adds are committed first, then Redis is asked. When there is not enough, or
   * Redis is away, the row goes again, with what `undo` removes; should that fail too, a sweeper finds a hold
   * that was never opened and ends it.
   *
   * @throws AppError `credits_exhausted`, or `store_unavailable` when Redis does not answer.
   */
  async open(
    hold: NewCreditHold,
    write: (tx: EntityManager) => Promise<void>,
    undo: (tx: EntityManager) => Promise<void>,
  ): Promise<CreditHoldEntity> {
    const row = await this.dataSource.transaction(async (tx) => {
      const inserted = await this.insert(tx, hold);
      await write(tx);
      return inserted;
    });
    let isInRedis = false;
    try {
      await this.reserve(row, hold.nowMs, hold.isWithoutOverdraft);
      isInRedis = true;
      await this.dataSource.query(`UPDATE ledger.credit_holds SET state = 'open' WHERE id = $1 AND state = 'opening'`, [
        row.id,
      ]);
    } catch (error) {
      // Where even this fails, the row stays as it is and is swept; the caller learns why there is no hold.
      await this.withdraw(row, undo, isInRedis || mayHaveRun(error)).catch(() => undefined);
      throw error instanceof StoreUnavailableError ? new AppError('store_unavailable', { cause: error }) : error;
    }
    return Object.assign(row, { state: 'open' as const });
  }

  /**
   * Ends a hold with what it came to, as part of a change: Redis is told after the commit.
   *
   * @returns false when it had ended before; nothing changes then.
   */
  async close(change: Change, holdId: string, chargedCredits: bigint): Promise<boolean> {
    const [rows]: [{ seq: string; tenantId: string; accountSeq: string }[], number] = await change.tx.query(
      `UPDATE ledger.credit_holds h SET state = 'closed', charged_credits = $2, closed_at = $3
        FROM ledger.credit_accounts a
       WHERE h.id = $1 AND h.state <> 'closed' AND a.id = h.account_id
       RETURNING h.seq, h.tenant_id AS "tenantId", a.seq AS "accountSeq"`,
      [holdId, chargedCredits.toString(), change.now],
    );
    const [row] = rows;
    if (row === undefined) return false;
    change.closeCreditHold(row.tenantId, {
      accountCounterId: creditCounterId(row.accountSeq),
      holdCounterId: creditHoldCounterId(row.seq),
      chargedCredits: chargedCredits.toString(),
    });
    return true;
  }

  private async insert(tx: EntityManager, hold: NewCreditHold): Promise<CreditHoldEntity> {
    const [account]: { tenantId: string }[] = await tx.query(
      `SELECT tenant_id AS "tenantId" FROM ledger.credit_accounts WHERE id = $1 AND kind = 'team' AND closed_at IS NULL
        FOR SHARE`,
      [hold.accountId],
    );
    if (account === undefined) throw new AppError('not_found', { detail: 'The team has no credit account.' });
    const row = tx.create(CreditHoldEntity, {
      id: hold.id,
      accountId: hold.accountId,
      tenantId: account.tenantId,
      purpose: hold.purpose,
      initialMicroCredits: hold.initialMicroCredits,
      state: 'opening',
      chargedCredits: null,
      createdAt: new Date(hold.nowMs),
      closedAt: null,
    });
    await tx.insert(CreditHoldEntity, row);
    return row;
  }

  private async reserve(hold: CreditHoldEntity, nowMs: number, isWithoutOverdraft = false): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const account = await this.readAccount(hold.accountId);
      const cap = isWithoutOverdraft ? account.allocated : account.cap;
      const outcome = await this.store.openCreditHold(hold.tenantId, {
        epoch: Number(account.epoch),
        accountCounterId: creditCounterId(account.seq),
        cap,
        holdCounterId: creditHoldCounterId(hold.seq),
        initialMicroCredits: hold.initialMicroCredits.toString(),
      });
      switch (outcome.status) {
        case 'open':
          return;
        case 'refused':
          throw exhausted(account.teamId, cap, outcome.usedCredits, creditsHeld(hold.initialMicroCredits));
        case 'stale':
          // Behind: the change committed and its news has not reached Redis yet. Ahead: the row is read again.
          if (outcome.epoch < Number(account.epoch)) await this.store.bumpEpoch(hold.tenantId, Number(account.epoch));
          break;
        case 'not_loaded':
          await this.tenants.load(hold.tenantId, nowMs);
          break;
      }
    }
    throw new AppError('store_unavailable', { detail: 'The credits of the team changed too fast. Try again.' });
  }

  private async readAccount(accountId: string): Promise<AccountRow> {
    const [row]: AccountRow[] = await this.dataSource.query(
      `SELECT a.seq, a.tenant_id AS "tenantId", a.team_id AS "teamId", n.epoch,
         (a.allocated_credits + a.overdraft_credits)::text AS cap, a.allocated_credits AS allocated
         FROM ledger.credit_accounts a JOIN governance.tenants n ON n.id = a.tenant_id
        WHERE a.id = $1`,
      [accountId],
    );
    if (row === undefined) throw new Error(`Credit account ${accountId} has no tenant.`);
    return row;
  }

  /** What Redis may hold is given back first: a row that is gone would leave nobody to find it. */
  private async withdraw(
    hold: CreditHoldEntity,
    undo: (tx: EntityManager) => Promise<void>,
    mayBeHeld: boolean,
  ): Promise<void> {
    if (mayBeHeld) {
      try {
        const account = await this.readAccount(hold.accountId);
        await this.store.closeCreditHolds(hold.tenantId, [
          {
            accountCounterId: creditCounterId(account.seq),
            holdCounterId: creditHoldCounterId(hold.seq),
            chargedCredits: '0',
          },
        ]);
      } catch {
        // The row stays as it is: whoever sweeps for its purpose ends it.
        return;
      }
    }
    await this.dataSource.transaction(async (tx) => {
      await undo(tx);
      await tx.query('DELETE FROM ledger.credit_holds WHERE id = $1', [hold.id]);
    });
  }
}

function mayHaveRun(error: unknown): boolean {
  return error instanceof StoreUnavailableError && error.mayHaveRun;
}

function exhausted(teamId: string, cap: string, usedCredits: string, neededCredits: bigint): AppError {
  const left = BigInt(cap) - BigInt(usedCredits);
  const available = left > 0n ? left : 0n;
  return new AppError('credits_exhausted', {
    detail:
      `Team '${teamId}' has ${available} credits available and needs ${neededCredits}. ` +
      'What running calls and jobs hold is not available until they end.',
    data: { credits_available: Number(available), credits_needed: Number(neededCredits) },
  });
}
