import { balanceOf } from '@penstock/domain';
import type { CreditAccountEntity, SaasTeamEntity } from '@penstock/entities';

import type { CreditAccountResponse } from '../credits/credit-account.response.js';
import type { TeamModels } from '../models/assignments/model-assignments.js';
import type { RotatedKey } from './team-keys.js';
import type { TeamKeyResponse, TeamListEntry, TeamResponse } from './team.response.js';

/** A team and everything that is shown with it. */
export interface TeamView {
  readonly team: SaasTeamEntity;
  readonly account: CreditAccountEntity;
  readonly models: TeamModels;
  /** In the clear or masked; null when the team has no key any more. */
  readonly virtualKey: string | null;
}

/** A team as lists show it. */
export function toTeamListEntry({ team, account, models, virtualKey }: TeamView): TeamListEntry {
  return {
    team_id: team.teamId,
    organization_id: team.organizationId,
    credits_allocated: toNumber(account.allocatedCredits),
    credits_used: toNumber(account.usedCredits),
    credits_remaining: toNumber(balanceOf(account)),
    credit_limit: null,
    auto_refill: account.autoRefill,
    budget_mode: account.budgetMode,
    credits_per_dollar: Number(account.creditsPerDollar),
    tokens_per_credit: toNumber(account.tokensPerCredit),
    status: team.status,
    created_at: team.createdAt.toISOString(),
    updated_at: team.updatedAt.toISOString(),
    team_alias: team.teamAlias,
    is_default: team.isDefault,
    metadata: team.metadata,
    model_groups: models.model_groups,
    access_groups: models.access_groups,
    virtual_key: virtualKey,
    virtual_key_id: team.virtualKeyId,
    governance_team_id: team.governanceTeamId,
  };
}

/** A team on its own. */
export function toTeamResponse(view: TeamView, credits: CreditAccountResponse): TeamResponse {
  return {
    ...toTeamListEntry(view),
    credits,
    allowed_models: view.models.allowed_models,
    allowed_model_aliases: view.models.allowed_model_aliases,
  };
}

/** A team's new key, in the clear. */
export function toTeamKeyResponse(teamId: string, { keyId, keyValue, previousEndsAt }: RotatedKey): TeamKeyResponse {
  return {
    team_id: teamId,
    virtual_key: keyValue,
    virtual_key_id: keyId,
    previous_ends_at: previousEndsAt?.toISOString() ?? null,
    message: `Team '${teamId}' has a new key; it works now.`,
  };
}

/** A team as the audit trail keeps it. */
export function toAuditTeam(team: SaasTeamEntity): Record<string, unknown> {
  return {
    organization_id: team.organizationId,
    team_alias: team.teamAlias,
    status: team.status,
    is_default: team.isDefault,
    metadata: team.metadata,
    governance_team_id: team.governanceTeamId,
    virtual_key_id: team.virtualKeyId,
  };
}

/** A count of credits or tokens as JSON has it. What the API lets in keeps sums far below the bound. */
export function toNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new Error(`${value} is not exact as a JSON number.`);
  return number;
}
