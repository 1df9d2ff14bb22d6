import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import type { SaasTeamEntity } from '@penstock/entities';
import { maskedValue } from '@penstock/management';

import { CreditsService } from '../credits/credits.service.js';
import { ModelAssignments, type TeamModels } from '../models/assignments/model-assignments.js';
import type { TeamListEntry, TeamResponse } from './team.response.js';
import { type TeamView, toTeamListEntry, toTeamResponse } from './teams.mapping.js';
import { TeamsRepository } from './teams.repository.js';

const NO_MODELS: TeamModels = { model_groups: [], access_groups: [], allowed_models: [], allowed_model_aliases: [] };

/** Teams with everything that is shown with them; a few statements, however many teams there are. */
@Injectable()
export class TeamViews {
  constructor(
    private readonly teams: TeamsRepository,
    private readonly models: ModelAssignments,
    private readonly credits: CreditsService,
  ) {}

  /** Keys are masked, whoever asks. */
  async many(teams: readonly SaasTeamEntity[]): Promise<TeamListEntry[]> {
    return (await this.read(teams)).map((view) => toTeamListEntry(view));
  }

  /**
   * One team.
   *
   * @param virtualKey what is shown of its key; masked when absent. @throws AppError `not_found` when it was deleted meanwhile.
   */
  async one(team: SaasTeamEntity, virtualKey?: string | null): Promise<TeamResponse> {
    const [[view], credits] = await Promise.all([this.read([team]), this.credits.balance(team.teamId)]);
    if (view === undefined) throw new AppError('not_found', { detail: `Team '${team.teamId}' was not found.` });
    return toTeamResponse(virtualKey === undefined ? view : { ...view, virtualKey }, credits);
  }

  /** A team without an open account is being deleted: it is left out. */
  private async read(teams: readonly SaasTeamEntity[]): Promise<TeamView[]> {
    const [accounts, hints, models] = await Promise.all([
      this.teams.accounts(teams),
      this.teams.valueHints(teams),
      this.models.describe(teams.map(({ teamId }) => teamId)),
    ]);
    return teams.flatMap((team) => {
      const account = accounts.get(team.governanceTeamId);
      if (account === undefined) return [];
      const hint = team.virtualKeyId === null ? undefined : hints.get(team.virtualKeyId);
      return {
        team,
        account,
        models: models.get(team.teamId) ?? NO_MODELS,
        virtualKey: hint === undefined ? null : maskedValue(hint),
      };
    });
  }
}
