import { type CallExplanation, formatUsd, nanoUsd } from '@penstock/domain';
import type { PolicySnapshot } from '@penstock/dto';

import type { ExplainedAction, ExplainResponse } from './explain.responses.js';

/** An explanation as the API shows it. */
export function toExplainResponse(
  explanation: CallExplanation,
  { keyId, keyName }: PolicySnapshot,
  nowMs: number,
): ExplainResponse {
  const { estimate, refusal } = explanation;
  return {
    admitted: explanation.isAdmitted,
    virtual_key_id: keyId,
    virtual_key_name: keyName,
    target: explanation.target,
    candidates: [...explanation.candidates],
    estimate:
      estimate === null
        ? null
        : {
            input_tokens: estimate.inputTokens,
            output_tokens: estimate.outputTokens,
            cost_usd: formatUsd(nanoUsd(estimate.costNanoUsd)),
            is_priced: estimate.isPriced,
          },
    limits: [...explanation.limits],
    on_exceed: toAction(explanation.action),
    shadow_exceeded: [...explanation.exceededShadowIds],
    refusal:
      refusal === null
        ? null
        : {
            code: refusal.code,
            status: refusal.status,
            message: refusal.message,
            remedy: refusal.remedy,
            retry_after_ms: refusal.retryAfterMs,
            details: refusal.details,
          },
    explained_at: new Date(nowMs).toISOString(),
  };
}

function toAction(action: CallExplanation['action']): ExplainedAction {
  const maxTokens = action.kind === 'none' ? undefined : action.maxTokens;
  return {
    action: action.kind,
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    ...(action.kind === 'fallback' ? { fallback_from: action.from } : {}),
  };
}
