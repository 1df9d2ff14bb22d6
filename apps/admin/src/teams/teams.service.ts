import { Injectable } from '@nestjs/common';
import { Changed, PolicyChanges } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';

import { TeamCreation } from './team-creation.js';
import { TeamKeys } from './team-keys.js';
import type { TeamChangedResponse, TeamListEntry, TeamResponse } from './team.response.js';
import { TeamViews } from './team-views.js';
import { TeamsRepository } from './teams.repository.js';
import type { CreateTeamRequest, TeamListQuery } from './teams.requests.js';

/** Teams of organizations: how they come to be, and how they are shown. */
@Injectable()
export class TeamsService {
  constructor(
    private readonly teams: TeamsRepository,
    private readonly changes: PolicyChanges,
    private readonly creation: TeamCreation,
    private readonly keys: TeamKeys,
    private readonly views: TeamViews,
  ) {}

  async list(query: TeamListQuery): Promise<TeamListEntry[]> {
    return this.views.many(await this.teams.list(query));
  }

  /** With the key in the clear for who may see it; that it was shown is audited first. */
  async get(ctx: RequestContext, teamId: string): Promise<TeamResponse> {
    const team = await this.teams.get(teamId);
    return this.views.one(team, await this.keys.show(ctx, team));
  }

  async create(ctx: RequestContext, request: CreateTeamRequest): Promise<Changed<TeamChangedResponse>> {
    const { organization_id: organizationId, team_id: teamId } = request;
    const changed = await this.changes.run(ctx, async (change) => {
      const tenantId = await this.teams.holdOrganization(change.tx, organizationId);
      return this.creation.create(ctx, change, {
        teamId,
        organizationId,
        tenantId,
        alias: request.team_alias ?? teamId,
        isDefault: false,
        metadata: request.metadata ?? {},
        modelGroups: request.model_groups ?? [],
        accessGroups: request.access_groups ?? [],
        credits: BigInt(request.credits_allocated ?? 0),
        terms: request,
      });
    });
    const { team, keyValue } = changed.body;
    const view = await this.views.one(team, keyValue);
    return new Changed({ ...view, message: `Team '${teamId}' was created; its key works now.` }, changed.isPropagated);
  }
}
