import { Injectable } from '@nestjs/common';
import { AppError, uuidv7 } from '@penstock/domain';
import { type CreditAccountEntity, SaasTeamEntity, TeamEntity } from '@penstock/entities';
import { type Change, CreditLedger } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';
import type { EntityManager } from 'typeorm';

import { settingsForAudit } from '../credits/settings/settings.mapping.js';
import { ModelAssignments } from '../models/assignments/model-assignments.js';
import { type AskedTerms, DEFAULT_TERMS, planTerms } from './credit-terms.js';
import { TeamKeys } from './team-keys.js';
import { toAuditTeam } from './teams.mapping.js';
import { TeamsRepository } from './teams.repository.js';

/** A team that is to be made. */
export interface NewTeam {
  readonly teamId: string;
  readonly organizationId: string;
  /** The tenant: the customer of the organization. */
  readonly tenantId: string;
  readonly alias: string;
  readonly isDefault: boolean;
  readonly metadata: Record<string, unknown>;
  readonly modelGroups: readonly string[];
  readonly accessGroups: readonly string[];
  readonly credits: bigint;
  readonly terms: AskedTerms;
}

/** A team that was made. */
export interface CreatedTeam {
  readonly team: SaasTeamEntity;
  readonly account: CreditAccountEntity;
  /** In the clear. */
  readonly keyValue: string;
}

/** Key under which the ledger keeps the first credits of a team. */
export const OPENING_KEY = 'opening';

/**
 * Makes a team with all that belongs to it, in the caller's change: its face in governance, its virtual key, what it
 * may call, its account and the opening entry of the ledger. All of it is committed, or nothing.
 */
@Injectable()
export class TeamCreation {
  constructor(
    private readonly teams: TeamsRepository,
    private readonly keys: TeamKeys,
    private readonly models: ModelAssignments,
    private readonly ledger: CreditLedger,
  ) {}

  /**
   * The organization must be held in place. What is wrong is said in the order of the contract: the id is taken, a
   * group is not known, the budget mode is not known.
   *
   * @throws AppError `already_exists`, `not_found`, `credit_terms_invalid`; the change is lost then.
   */
  async create(ctx: RequestContext, change: Change, wanted: NewTeam): Promise<CreatedTeam> {
    const { tx, now } = change;
    const { teamId, organizationId, tenantId, alias, isDefault, metadata } = wanted;
    // Parallel calls are decided by the primary key; this only spares the work.
    if (await this.isTaken(tx, teamId)) {
      throw new AppError('already_exists', { detail: `Team '${teamId}' already exists.` });
    }
    const times = { createdAt: now, updatedAt: now };
    const face = Object.assign(new TeamEntity(), { id: uuidv7(now.getTime()), name: alias, customerId: tenantId });
    await tx.getRepository(TeamEntity).insert(Object.assign(face, times));
    const team = Object.assign(new SaasTeamEntity(), {
      teamId,
      organizationId,
      governanceTeamId: face.id,
      virtualKeyId: null,
      teamAlias: alias,
      status: 'active' as const,
      isDefault,
      metadata,
      ...times,
    });
    await this.teams.insert(tx, team);
    const assigned = await this.models.replace(change, teamId, {
      modelGroups: wanted.modelGroups,
      accessGroups: wanted.accessGroups,
    });
    const { keyValue } = await this.keys.issue(change, team, tenantId);
    const account = await this.openAccount(ctx, change, wanted, face.id);
    change.touch(tenantId);
    change.audit({
      tenantId,
      action: 'team.created',
      entityType: 'team',
      entityId: teamId,
      before: null,
      after: {
        ...toAuditTeam(team),
        ...assigned.after,
        ...settingsForAudit(account),
        credits_allocated: Number(wanted.credits),
      },
    });
    return { team, account, keyValue };
  }

  /** Whether a team has this id. */
  isTaken(tx: EntityManager, teamId: string): Promise<boolean> {
    return this.teams.exists(tx, teamId);
  }

  private async openAccount(
    ctx: RequestContext,
    { tx, now }: Change,
    { teamId, organizationId, tenantId, credits, terms }: NewTeam,
    governanceTeamId: string,
  ): Promise<CreditAccountEntity> {
    const account = await this.ledger.openAccount(tx, {
      tenantId,
      governanceTeamId,
      teamId,
      organizationId,
      ...planTerms(DEFAULT_TERMS, terms),
      now,
    });
    if (credits > 0n) {
      await this.ledger.post(tx, account, {
        type: 'allocation',
        credits,
        direction: 'in',
        idempotencyKey: OPENING_KEY,
        reason: 'Allocated with the creation of the team.',
        actor: ctx.actor,
        requestId: ctx.requestId,
        now,
      });
    }
    return account;
  }
}
