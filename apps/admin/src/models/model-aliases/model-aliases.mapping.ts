import type { ModelAliasResponse } from './model-alias.response.js';
import type { ModelAliasRow } from './model-aliases.repository.js';

export function toModelAliasResponse(alias: ModelAliasRow): ModelAliasResponse {
  return {
    model_alias: alias.modelAlias,
    display_name: alias.displayName,
    provider: alias.provider,
    actual_model: alias.actualModel,
    litellm_model_id: null,
    access_groups: alias.accessGroups,
    description: alias.description,
    pricing_input: toNumber(alias.pricingInput),
    pricing_output: toNumber(alias.pricingOutput),
    status: alias.status,
    teams_using: alias.teamsUsing,
    created_at: alias.createdAt.toISOString(),
    updated_at: alias.updatedAt.toISOString(),
  };
}

/** What the audit log keeps of an alias; prices are decimal texts. */
export function toAuditModelAlias(alias: ModelAliasRow): Record<string, unknown> {
  return {
    model_alias: alias.modelAlias,
    display_name: alias.displayName,
    provider: alias.provider,
    actual_model: alias.actualModel,
    access_groups: alias.accessGroups,
    description: alias.description,
    pricing_input: alias.pricingInput,
    pricing_output: alias.pricingOutput,
    status: alias.status,
  };
}

/** Exact: what is let in has at most 13 digits. */
function toNumber(decimal: string | null): number | null {
  return decimal === null ? null : Number(decimal);
}
