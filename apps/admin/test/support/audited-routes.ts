/** What a mutation leaves in the audit trail: one of these actions, or nothing, for a reason. */
export type AuditRule = readonly string[] | { readonly nothing: string };

/**
 * Every route that is no GET, with the actions of the entries that a successful call may leave. A new mutation goes
 * here, or `audited-routes.e2e.spec.ts` fails.
 */
export const auditedRoutes: Readonly<Record<string, AuditRule>> = {
  'POST /api/admin-users/setup': ['admin_user.set_up', 'admin_user.logged_in'],
  'POST /api/admin-users/login': ['admin_user.logged_in'],
  'POST /api/admin-users/logout': ['admin_user.logged_out'],
  'POST /api/admin-users/me/change-password': ['admin_user.password_changed'],
  'DELETE /api/admin-users/me/sessions': ['admin_user.sessions_revoked'],
  'DELETE /api/admin-users/me/sessions/:session_id': ['admin_user.session_revoked'],
  'DELETE /api/admin-users/:id/sessions': ['admin_user.sessions_revoked'],
  'DELETE /api/admin-users/:id/sessions/:session_id': ['admin_user.session_revoked'],
  'POST /api/admin-users': ['admin_user.created'],
  'PUT /api/admin-users/:id': ['admin_user.updated'],
  'DELETE /api/admin-users/:id': ['admin_user.deleted'],

  'POST /api/organizations/create': ['customer.created', 'organization.created', 'team.created', 'virtual_key.created'],
  'PUT /api/organizations/:id': ['customer.updated', 'organization.updated'],
  'PUT /api/organizations/:id/suspend': ['organization.suspended'],
  'PUT /api/organizations/:id/resume': ['organization.resumed'],
  'DELETE /api/organizations/:id': ['organization.deleted', 'customer.deleted'],
  'POST /api/organizations/:id/price-book': ['price_book_entry.created'],
  'POST /api/organizations/:id/price-book/preview': { nothing: 'it only computes' },
  'DELETE /api/organizations/:id/price-book/:entry_id': ['price_book_entry.ended'],

  'POST /api/teams/create': ['team.created', 'virtual_key.created'],
  'PUT /api/teams/:id': ['team.updated'],
  'PUT /api/teams/:id/model-groups': ['team.models_assigned'],
  'PUT /api/teams/:id/access-groups': ['team.models_assigned'],
  'PUT /api/teams/:id/suspend': ['team.suspended'],
  'PUT /api/teams/:id/pause': ['team.paused'],
  'PUT /api/teams/:id/resume': ['team.resumed'],
  'POST /api/teams/:id/rotate-key': ['virtual_key.rotated'],
  'DELETE /api/teams/:id': ['team.deleted', 'virtual_key.deleted'],

  'POST /api/model-groups/create': ['model_group.created'],
  'PUT /api/model-groups/:group_name': ['model_group.updated'],
  'PUT /api/model-groups/:group_name/models': ['model_group.models_replaced'],
  'DELETE /api/model-groups/:group_name': ['model_group.deleted'],
  'POST /api/models/create': ['model_alias.created'],
  'PUT /api/models/:model_alias': ['model_alias.updated'],
  'DELETE /api/models/:model_alias': ['model_alias.deleted'],
  'POST /api/model-access-groups/create': ['model_access_group.created'],
  'PUT /api/model-access-groups/:group_name': ['model_access_group.updated'],
  'PUT /api/model-access-groups/:group_name/models': ['model_access_group.models_replaced'],
  'DELETE /api/model-access-groups/:group_name': ['model_access_group.deleted'],

  'POST /api/provider-credentials/create': ['provider_credential.created'],
  'PUT /api/provider-credentials/:id': ['provider_credential.updated'],
  'PUT /api/provider-credentials/:id/activate': ['provider_credential.activated'],
  'PUT /api/provider-credentials/:id/deactivate': ['provider_credential.deactivated'],
  'DELETE /api/provider-credentials/:id': ['provider_credential.deleted'],

  'POST /api/credits/teams/:team_id/add': ['credits.added'],
  'POST /api/credits/teams/:team_id/replenish': ['credits.replenished'],
  'POST /api/credits/teams/:team_id/refund': ['credits.refunded'],
  'POST /api/credits/teams/:team_id/adjust': ['credits.adjusted'],
  'POST /api/credits/teams/:team_id/check': { nothing: 'it only reads' },
  'POST /api/credits/teams/:team_id/configure-auto-refill': ['credits.auto_refill_configured'],
  'PATCH /api/credits/teams/:team_id/conversion-rates': ['credits.rates_changed'],
  'PATCH /api/credits/teams/:team_id/budget-mode': ['credits.budget_mode_changed'],
  'PATCH /api/credits/teams/:team_id/settings': ['credits.settings_changed'],

  'POST /api/jobs/create': ['job.created', 'job.create_refused'],
  'POST /api/jobs/create-and-call': ['job.created', 'job.completed', 'job.failed'],
  'POST /api/jobs/create-and-call-stream': ['job.created', 'job.completed', 'job.failed'],
  'POST /api/jobs/:id/llm-call': { nothing: 'calls are in the ledger, with every attempt' },
  'POST /api/jobs/:id/llm-call-stream': { nothing: 'calls are in the ledger, with every attempt' },
  'POST /api/jobs/:id/complete': ['job.completed', 'job.failed'],
  'POST /api/jobs/:id/cancel': ['job.cancelled'],
  'PATCH /api/jobs/:id/metadata': ['job.metadata_changed'],
};
