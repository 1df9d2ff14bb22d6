import type { LimitsInput } from '@penstock/testing';

import { type Proof, ROOMY, type Tenant } from './proof.js';

/** What one call reserves and, because the provider is told to use exactly that, what it costs. */
export interface CallCost {
  readonly tokens: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US cents. */
  readonly cents: number;
}

/** A tenant with the keys that its calls are made with, one after another. */
export interface Callers {
  readonly tenant: Tenant;
  readonly keys: readonly string[];
}

/** Learns what the worst case of a call is, and lets the provider use exactly that from then on. */
export async function measureCall(proof: Proof): Promise<CallCost> {
  // An answer that nobody can read is charged at what was reserved.
  await proof.simulator.behave({ failure: 'malformed' });
  const tenant = await proof.createTenant();
  const probe = await proof.call(tenant);
  if (!probe.text.includes('upstream_malformed')) throw new Error(`the probe was answered with ${probe.text}`);
  await proof.settled(tenant);
  const [reserved] = await proof.ledger.events(tenant.id);
  const inputTokens = Number(reserved?.charged_input_tokens);
  const outputTokens = Number(reserved?.charged_output_tokens);
  await proof.simulator.behave({ promptTokens: inputTokens, completionTokens: outputTokens });
  return {
    tokens: Number(reserved?.tokens),
    inputTokens,
    outputTokens,
    cents: Number(reserved?.cost_nano_usd) / 1e7,
  };
}

/** Creates something of the governance API; gives its entity. */
export async function post(
  proof: Proof,
  path: string,
  entity: string,
  body: Readonly<Record<string, unknown>>,
): Promise<{ readonly id: string }> {
  const answer = await proof.governance.request('POST', path, body);
  if (answer.status !== 201) throw new Error(`${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body[entity] as { readonly id: string };
}

/** Three keys of two teams of one customer. */
export async function threeKeys(
  proof: Proof,
): Promise<Callers & { readonly keyIds: string[]; readonly teamId: string }> {
  const tenant = await proof.createTenant();
  const create = (name: string, teamId: string) =>
    proof.governance.createVirtualKey({ name: `${tenant.label}${name}`, team_id: teamId, ...ROOMY });
  const other = await proof.governance.createTeam({ name: `${tenant.label}other`, customer_id: tenant.id, ...ROOMY });
  const second = await create('second', tenant.teamId);
  const third = await create('third', other.id);
  return {
    tenant,
    keys: [tenant.key, second.value, third.value],
    keyIds: [tenant.keyId, second.id, third.id],
    teamId: other.id,
  };
}

/** One key, limited as it is told. */
export async function oneKey(proof: Proof, limits: LimitsInput): Promise<Callers> {
  const tenant = await proof.createTenant({ key: limits });
  return { tenant, keys: [tenant.key] };
}
