import { Injectable } from '@nestjs/common';
import { type CreditAccountEntity, CreditHoldEntity, type SaasTeamEntity, TeamEntity } from '@penstock/entities';
import { type Change, CreditHolds, CreditLedger, OwnedKeys } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';
import { type EntityManager, Not } from 'typeorm';

import { toAuditTeam, toNumber } from './teams.mapping.js';
import { TeamsRepository } from './teams.repository.js';

/** What went with a team. */
export interface RemovedTeam {
  readonly creditsTakenBack: number;
  readonly jobsFailed: number;
}

/**
 * Takes a team away with everything by which it could spend: all keys of its face in governance, its running jobs, its
 * credits. Books, usage and the audit trail stay, and name it.
 */
@Injectable()
export class TeamRemoval {
  constructor(
    private readonly teams: TeamsRepository,
    private readonly keys: OwnedKeys,
    private readonly ledger: CreditLedger,
    private readonly holds: CreditHolds,
  ) {}

  /** The teams of an organization, in the order in which they may be removed. */
  lockOfOrganization(tx: EntityManager, organizationId: string): Promise<SaasTeamEntity[]> {
    return this.teams.lockOfOrganization(tx, organizationId);
  }

  /** In the caller's change. The team is locked. */
  async remove(ctx: RequestContext, change: Change, team: SaasTeamEntity): Promise<RemovedTeam> {
    const { tx } = change;
    const { teamId, governanceTeamId } = team;
    const tenantId = await this.teams.tenantIdOf(tx, team.organizationId);
    // Every change of a key waits for its team, so none can come to it or leave it now.
    await tx
      .getRepository(TeamEntity)
      .findOne({ where: { id: governanceTeamId }, lock: { mode: 'pessimistic_write' } });
    const keys = await this.keys.ofTeams(tx, [governanceTeamId]);
    await this.keys.deleteWithOwner(change, tenantId, keys);
    const account = await this.ledger.lockOpenAccountOfTeam(tx, teamId);
    const removed = account === null ? NOTHING : await this.closeAccount(ctx, change, account);
    await this.teams.delete(tx, teamId);
    await tx.getRepository(TeamEntity).delete({ id: governanceTeamId });
    change.touch(tenantId);
    change.audit({
      tenantId,
      action: 'team.deleted',
      entityType: 'team',
      entityId: teamId,
      before: { ...toAuditTeam(team), virtual_keys: keys.map(({ id }) => id) },
      after: { credits_taken_back: removed.creditsTakenBack, jobs_failed: removed.jobsFailed },
    });
    return removed;
  }

  /** The account is locked: no further job can be opened on it. */
  private async closeAccount(ctx: RequestContext, change: Change, account: CreditAccountEntity): Promise<RemovedTeam> {
    const jobsFailed = await this.failJobs(change, account);
    const { actor, requestId } = ctx;
    const transfer = await this.ledger.closeAccount(change.tx, account, { actor, requestId, now: change.now });
    return { creditsTakenBack: toNumber(transfer?.credits ?? 0n), jobsFailed };
  }

  private async failJobs(change: Change, account: CreditAccountEntity): Promise<number> {
    const open = await change.tx.getRepository(CreditHoldEntity).find({
      where: { accountId: account.id, purpose: 'job', state: Not('closed') },
      order: { id: 'ASC' },
    });
    for (const { id } of open) await this.holds.close(change, id, 0n);
    return open.length;
  }
}

const NOTHING: RemovedTeam = { creditsTakenBack: 0, jobsFailed: 0 };
