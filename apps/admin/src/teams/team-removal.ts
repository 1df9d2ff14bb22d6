import { Injectable } from '@nestjs/common';
import { type CreditAccountEntity, type SaasTeamEntity, TeamEntity } from '@penstock/entities';
import { type Change, CreditLedger, JobBooks, OwnedKeys } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';
import type { EntityManager } from 'typeorm';

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
    private readonly jobs: JobBooks,
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
    // Jobs are locked before their account; with the account locked none can come any more.
    const failed = await this.jobs.failJobsOfTeam(ctx, change, teamId, JOBS_FAIL_BECAUSE);
    const account = await this.ledger.lockOpenAccountOfTeam(tx, teamId);
    const jobsFailed = failed + (await this.jobs.failJobsOfTeam(ctx, change, teamId, JOBS_FAIL_BECAUSE));
    const creditsTakenBack = account === null ? 0 : await this.closeAccount(ctx, change, account);
    const removed: RemovedTeam = { creditsTakenBack, jobsFailed };
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

  private async closeAccount(ctx: RequestContext, change: Change, account: CreditAccountEntity): Promise<number> {
    const { actor, requestId } = ctx;
    const transfer = await this.ledger.closeAccount(change.tx, account, { actor, requestId, now: change.now });
    return toNumber(transfer?.credits ?? 0n);
  }
}

const JOBS_FAIL_BECAUSE = 'The team was deleted while the job was running.';
