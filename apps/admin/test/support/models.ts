import { PolicyChanges } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';

import { type Assignment, ModelAssignments } from '../../src/models/assignments/model-assignments.js';
import type { AdminApp, Answer, Json } from './admin-app.js';

/** A call that must succeed. */
async function must(answer: Promise<Answer>): Promise<Json> {
  const { status, body } = await answer;
  if (status !== 200) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

/** A model group of these models, in this order. */
export function createGroup(admin: AdminApp, group_name: string, models: readonly string[]): Promise<Json> {
  return must(
    admin.call('POST', '/api/model-groups/create', {
      group_name,
      models: models.map((model_name, priority) => ({ model_name, priority })),
    }),
  );
}

/** An alias of a model of OpenAI's. */
export function createAlias(admin: AdminApp, model_alias: string, fields: Json = {}): Promise<Json> {
  return must(
    admin.call('POST', '/api/models/create', {
      model_alias,
      display_name: `The ${model_alias}`,
      provider: 'openai',
      actual_model: 'gpt-4o-mini',
      ...fields,
    }),
  );
}

/** An access group with these aliases. */
export function createAccessGroup(
  admin: AdminApp,
  group_name: string,
  model_aliases: readonly string[] = [],
): Promise<Json> {
  return must(
    admin.call('POST', '/api/model-access-groups/create', { group_name, display_name: group_name, model_aliases }),
  );
}

/** Who asks, where no request does. */
export function contextOf(admin: AdminApp): RequestContext {
  return {
    requestId: 'request-of-the-test',
    actor: { kind: 'operator', id: 'master-key', role: 'owner', sessionId: null },
    ip: '127.0.0.1',
    userAgent: 'test',
    nowMs: admin.clock.now(),
  };
}

/** Gives a team other groups, as the routes of teams do. */
export async function assign(admin: AdminApp, teamId: string, assignment: Assignment): Promise<void> {
  await admin
    .service(PolicyChanges)
    .run(contextOf(admin), (change) => admin.service(ModelAssignments).replace(change, teamId, assignment));
}

/** The epoch of the tenant that a team's organization is. */
export async function epochOf(admin: AdminApp, organizationId: string): Promise<number> {
  const [row] = await admin.db.query<Json[]>(
    `SELECT n.epoch FROM saas.organizations o JOIN governance.tenants n ON n.id = o.customer_id
      WHERE o.organization_id = $1`,
    [organizationId],
  );
  return Number(row.epoch);
}
