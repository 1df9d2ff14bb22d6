import { Injectable } from '@nestjs/common';
import type { OrganizationEntity } from '@penstock/entities';
import type { Change } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';

import { ModelAssignments } from '../models/assignments/model-assignments.js';
import { TeamCreation } from '../teams/team-creation.js';
import { toNumber } from '../teams/teams.mapping.js';
import type { DefaultTeamResponse } from './organization.response.js';
import type { CreateOrganizationRequest } from './organizations.requests.js';

/** The team that an organization is made with, unless its creator does without. */
@Injectable()
export class DefaultTeam {
  constructor(
    private readonly creation: TeamCreation,
    private readonly models: ModelAssignments,
  ) {}

  /**
   * In the change that makes the organization. Access groups that are not known are left out, and a team that has the
   * id already keeps it: neither keeps the organization from being made.
   */
  async create(
    ctx: RequestContext,
    change: Change,
    { organizationId, customerId, name }: OrganizationEntity,
    request: CreateOrganizationRequest,
  ): Promise<DefaultTeamResponse> {
    const teamId = `${organizationId}_default`;
    if (await this.creation.isTaken(change.tx, teamId)) return { error: `Team '${teamId}' already exists.` };
    const accessGroups = await this.models.knownAccessGroups(change.tx, request.default_team_access_groups ?? []);
    const { team, account, keyValue } = await this.creation.create(ctx, change, {
      teamId,
      organizationId,
      tenantId: customerId,
      alias: request.default_team_name ?? `${name} default`,
      isDefault: true,
      metadata: {},
      modelGroups: [],
      accessGroups,
      credits: BigInt(request.default_team_credits ?? 0),
      terms: {},
    });
    const described = (await this.models.describe([teamId], change.tx)).get(teamId);
    return {
      team_id: teamId,
      team_alias: team.teamAlias,
      virtual_key: keyValue,
      access_groups: described?.access_groups ?? [],
      allowed_model_aliases: described?.allowed_model_aliases ?? [],
      credits_allocated: toNumber(account.allocatedCredits),
    };
  }
}
