/** What a mutation leaves in the audit trail: one of these actions, or nothing, for a reason. */
export type AuditRule = readonly string[] | { readonly nothing: string };

/**
 * Every route that is no GET, with the actions of the entries that a successful call may leave. A new mutation goes
 * here, or `audited-routes.e2e.spec.ts` fails. What moves to another tenant leaves `<entity>.moved_away` besides.
 */
export const auditedRoutes: Readonly<Record<string, AuditRule>> = {
  'POST /api/governance/customers': ['customer.created'],
  'PUT /api/governance/customers/:id': ['customer.updated'],
  'DELETE /api/governance/customers/:id': ['customer.deleted', 'team.deleted', 'virtual_key.deleted'],
  'POST /api/governance/teams': ['team.created'],
  'PUT /api/governance/teams/:id': ['team.updated'],
  'DELETE /api/governance/teams/:id': ['team.deleted', 'virtual_key.deleted'],
  'POST /api/governance/virtual-keys': ['virtual_key.created'],
  'PUT /api/governance/virtual-keys/:id': ['virtual_key.updated'],
  'DELETE /api/governance/virtual-keys/:id': ['virtual_key.deleted'],
  'POST /api/governance/virtual-keys/:id/rotate': ['virtual_key.rotated'],
  'POST /api/governance/budgets': ['budget.created'],
  'PUT /api/governance/budgets/:id': ['budget.updated'],
  'DELETE /api/governance/budgets/:id': ['budget.deleted'],
  'POST /api/governance/budgets/:id/raises': ['budget_raise.created'],
  'DELETE /api/governance/budgets/:id/raises/:raiseId': ['budget_raise.ended', 'budget_raise.removed'],
  'PUT /api/governance/rate-limits/:id': ['rate_limit.updated'],
  'DELETE /api/governance/rate-limits/:id': ['rate_limit.deleted'],
  'POST /api/governance/model-configs': ['model_config.created'],
  'PUT /api/governance/model-configs/:id': ['model_config.updated'],
  'DELETE /api/governance/model-configs/:id': ['model_config.deleted'],
  'POST /api/governance/price-overrides': ['price_override.created'],
  'PUT /api/governance/price-overrides/:id': ['price_override.updated'],
  'DELETE /api/governance/price-overrides/:id': ['price_override.deleted'],
  'PUT /api/governance/tenants/:id': ['tenant.updated'],
  'POST /api/governance/usage-reset': ['usage.reset'],
  'POST /api/governance/explain': { nothing: 'it is a dry run' },
  'POST /api/governance/webhooks': ['webhook.created'],
  'PUT /api/governance/webhooks/:id': ['webhook.updated'],
  'DELETE /api/governance/webhooks/:id': ['webhook.deleted'],
  'POST /api/governance/webhooks/:id/rotate-secret': ['webhook.secret_rotated'],
  'POST /api/governance/webhooks/:id/test': ['webhook.tested'],
  'POST /api/governance/webhook-deliveries/:id/retry': ['webhook_delivery.retried'],
  'POST /internal/tenants/:tenantId/load': { nothing: 'a gateway asks for what is in PostgreSQL already' },
};
