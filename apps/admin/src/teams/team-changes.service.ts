import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { SaasTeamEntity, type SaasTeamStatus, TeamEntity } from '@penstock/entities';
import { type Change, Changed, nextTimestamp, PolicyChanges } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';

import { type Assignment, ModelAssignments } from '../models/assignments/model-assignments.js';
import { TeamAllocation } from './team-allocation.js';
import { TeamRemoval } from './team-removal.js';
import type {
  TeamAccessGroupsResponse,
  TeamChangedResponse,
  TeamDeletedResponse,
  TeamModelGroupsResponse,
  TeamStatusResponse,
} from './team.response.js';
import { TeamViews } from './team-views.js';
import { toAuditTeam } from './teams.mapping.js';
import { TeamsRepository } from './teams.repository.js';
import type { UpdateTeamRequest } from './teams.requests.js';

const STATUS_MESSAGES: Readonly<Record<SaasTeamStatus, string>> = {
  active: 'is active: its keys work',
  suspended: 'is suspended: its keys are refused until it is resumed',
  paused: 'is paused: its keys are refused until it is resumed',
};

/** What becomes of teams once they are there. */
@Injectable()
export class TeamChanges {
  constructor(
    private readonly teams: TeamsRepository,
    private readonly changes: PolicyChanges,
    private readonly models: ModelAssignments,
    private readonly allocation: TeamAllocation,
    private readonly removal: TeamRemoval,
    private readonly views: TeamViews,
  ) {}

  /** Everything that the request asks for, or nothing of it. */
  async update(ctx: RequestContext, teamId: string, request: UpdateTeamRequest): Promise<Changed<TeamChangedResponse>> {
    const team = await this.teams.get(teamId);
    const changed = await this.allocation.changeTo(ctx, team, request, (change) =>
      this.applyUpdate(change, teamId, request),
    );
    const view = await this.views.one(await this.teams.get(teamId));
    return new Changed({ ...view, message: `Team '${teamId}' was updated.` }, changed.isPropagated);
  }

  /** Other model groups instead of those it has. */
  async assignModelGroups(
    ctx: RequestContext,
    teamId: string,
    names: readonly string[],
  ): Promise<Changed<TeamModelGroupsResponse>> {
    const changed = await this.assign(ctx, teamId, { modelGroups: names });
    const view = await this.views.one(await this.teams.get(teamId));
    const { team_id, model_groups, allowed_models, allowed_model_aliases } = view;
    const message = `Team '${teamId}' has ${counted(model_groups.length, 'model group')} now.`;
    return changed.map(() => ({ team_id, model_groups, allowed_models, allowed_model_aliases, message }));
  }

  /** Other access groups instead of those it has. */
  async assignAccessGroups(
    ctx: RequestContext,
    teamId: string,
    names: readonly string[],
  ): Promise<Changed<TeamAccessGroupsResponse>> {
    const changed = await this.assign(ctx, teamId, { accessGroups: names });
    const view = await this.views.one(await this.teams.get(teamId));
    const { team_id, access_groups, allowed_models, allowed_model_aliases } = view;
    const message = `Team '${teamId}' has ${counted(access_groups.length, 'access group')} now.`;
    return changed.map(() => ({ team_id, access_groups, allowed_models, allowed_model_aliases, message }));
  }

  /** Idempotent: what is so already is answered alike, and changes nothing. */
  async setStatus(ctx: RequestContext, teamId: string, status: SaasTeamStatus): Promise<Changed<TeamStatusResponse>> {
    const changed = await this.changes.run(ctx, async (change) => {
      const before = await this.teams.lock(change.tx, teamId);
      if (before.status !== status) await this.write(change, before, { status });
    });
    return changed.map(() => ({ team_id: teamId, status, message: `Team '${teamId}' ${STATUS_MESSAGES[status]}.` }));
  }

  /** @throws AppError `default_team` for a team that goes only with its organization. */
  async delete(ctx: RequestContext, teamId: string): Promise<Changed<TeamDeletedResponse>> {
    const changed = await this.changes.run(ctx, async (change) => {
      const team = await this.teams.lock(change.tx, teamId);
      if (team.isDefault) {
        throw new AppError('default_team', {
          detail: `'${teamId}' is the default team of the organization '${team.organizationId}': it is deleted with it.`,
        });
      }
      return this.removal.remove(ctx, change, team);
    });
    return changed.map(({ creditsTakenBack, jobsFailed }) => ({
      team_id: teamId,
      message: `Team '${teamId}' was deleted: its keys are dead, its books and its usage stay.`,
      credits_taken_back: creditsTakenBack,
      jobs_failed: jobsFailed,
    }));
  }

  private assign(ctx: RequestContext, teamId: string, assignment: Assignment): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const before = await this.teams.lock(change.tx, teamId);
      await this.applyAssignment(change, before, assignment);
    });
  }

  private async applyUpdate(change: Change, teamId: string, request: UpdateTeamRequest): Promise<void> {
    const before = await this.teams.lock(change.tx, teamId);
    const teamAlias = request.team_alias ?? before.teamAlias;
    const metadata = request.metadata ?? before.metadata;
    const isChanged = teamAlias !== before.teamAlias || !isAlike(metadata, before.metadata);
    const after = isChanged ? await this.write(change, before, { teamAlias, metadata }) : before;
    const modelGroups = request.model_groups ?? undefined;
    const accessGroups = request.access_groups ?? undefined;
    if (modelGroups !== undefined || accessGroups !== undefined) {
      await this.applyAssignment(change, after, { modelGroups, accessGroups });
    }
  }

  private async applyAssignment(change: Change, team: SaasTeamEntity, assignment: Assignment): Promise<void> {
    const { before, after } = await this.models.replace(change, team.teamId, assignment);
    if (isAlike(before, after)) return;
    change.audit({
      tenantId: await this.teams.tenantIdOf(change.tx, team.organizationId),
      action: 'team.models_assigned',
      entityType: 'team',
      entityId: team.teamId,
      before: { ...before },
      after: { ...after },
    });
  }

  /** The team is locked. Its face in governance has the alias as its name. */
  private async write(
    change: Change,
    before: SaasTeamEntity,
    fields: Partial<Pick<SaasTeamEntity, 'teamAlias' | 'metadata' | 'status'>>,
  ): Promise<SaasTeamEntity> {
    const { tx, now } = change;
    const updatedAt = nextTimestamp(before.updatedAt, now);
    const after = Object.assign(new SaasTeamEntity(), before, fields, { updatedAt });
    await this.teams.update(tx, after);
    if (after.teamAlias !== before.teamAlias) {
      await tx
        .getRepository(TeamEntity)
        .update({ id: before.governanceTeamId }, { name: after.teamAlias, updatedAt: now });
    }
    const tenantId = await this.teams.tenantIdOf(tx, before.organizationId);
    change.touch(tenantId);
    const verb = before.status === after.status ? 'updated' : VERBS[after.status];
    change.audit({
      tenantId,
      action: `team.${verb}`,
      entityType: 'team',
      entityId: before.teamId,
      before: toAuditTeam(before),
      after: toAuditTeam(after),
    });
    return after;
  }
}

const VERBS: Readonly<Record<SaasTeamStatus, string>> = { active: 'resumed', suspended: 'suspended', paused: 'paused' };

function isAlike(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
