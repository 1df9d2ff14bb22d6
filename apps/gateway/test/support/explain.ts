import type { Proof, Tenant } from './proof.js';

/** What governance says would happen to a call. */
export interface Explanation {
  readonly admitted: boolean;
  readonly target: { readonly provider: string; readonly model: string } | null;
  readonly estimate: {
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly cost_usd: string;
  } | null;
  readonly limits: readonly Record<string, unknown>[];
  readonly on_exceed: {
    readonly action: string;
    readonly max_tokens?: number;
    readonly fallback_from?: { readonly provider: string; readonly model: string };
  };
  readonly shadow_exceeded: readonly string[];
  readonly refusal: Readonly<Record<string, unknown>> | null;
}

/** Asks governance about the call of exactly this body. */
export async function explain(
  proof: Proof,
  keyId: string,
  request: Readonly<Record<string, unknown>>,
): Promise<Explanation> {
  const answer = await proof.governance.request('POST', '/explain', { virtual_key_id: keyId, request });
  if (answer.status !== 200) throw new Error(`explain answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body as unknown as Explanation;
}

/** The most tokens that the input of this body counts as. */
export async function inputTokensOf(
  proof: Proof,
  tenant: Tenant,
  request: Readonly<Record<string, unknown>>,
): Promise<number> {
  const { estimate } = await explain(proof, tenant.keyId, request);
  if (estimate === null) throw new Error('the call is refused before it is estimated');
  return estimate.input_tokens;
}
