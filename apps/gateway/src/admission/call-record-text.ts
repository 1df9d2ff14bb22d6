import type { CallAmounts } from '@penstock/domain';
import type { CallIdentity, HoldRecord, UsageRecord } from '@penstock/dto';

/** Models that one policy is called with; callers choose the names, so there is a bound. */
const TEXTS_MAX = 256;
const sharedTexts = new WeakMap<readonly string[], Map<string, string>>();

/**
 * {@link HoldRecord} as JSON.
 *
 * Hot path: two records are written per call, and most of their text is the same for every call of a key to a model.
 * That part is made once; the rest needs no escaping, because ids, request ids and amounts are of safe characters.
 */
export function holdRecordText(
  identity: CallIdentity,
  call: Pick<HoldRecord, 'expiresAtMs' | 'isStream'>,
  amounts: CallAmounts,
  ownerId: string,
): string {
  return (
    `{${identityText(identity)},"ownerId":"${ownerId}","expiresAtMs":${call.expiresAtMs},` +
    `"heldTokens":${amounts.tokens},"heldInputTokens":${amounts.inputTokens},` +
    `"heldOutputTokens":${amounts.outputTokens},"heldNanoUsd":"${amounts.costNanoUsd}",` +
    `${clientText('heldClientNanoUsd', 'heldCredits', 'heldMicroCredits', amounts)}"isStream":${call.isStream}}`
  );
}

/** {@link UsageRecord} as JSON; see {@link holdRecordText}. */
export function usageRecordText(
  identity: CallIdentity,
  result: Omit<
    UsageRecord,
    | keyof CallIdentity
    | 'schemaVersion'
    | 'tokens'
    | 'chargedInputTokens'
    | 'chargedOutputTokens'
    | 'costNanoUsd'
    | 'clientCostNanoUsd'
    | 'credits'
    | 'microCredits'
    | 'settledAtMs'
  >,
  amounts: CallAmounts,
  settledAtMs: number,
): string {
  return (
    `{"schemaVersion":1,${identityText(identity)},"modelReported":${JSON.stringify(result.modelReported)},` +
    `"usage":${JSON.stringify(result.usage)},"tokens":${amounts.tokens},` +
    `"chargedInputTokens":${amounts.inputTokens},"chargedOutputTokens":${amounts.outputTokens},"costNanoUsd":"${amounts.costNanoUsd}",` +
    `${clientText('clientCostNanoUsd', 'credits', 'microCredits', amounts)}"isEstimated":${result.isEstimated},"outcome":"${result.outcome}","isStream":${result.isStream},` +
    `"upstreamStatus":${result.upstreamStatus},"settledAtMs":${settledAtMs},` +
    `"latencyMs":${result.latencyMs},"ttftMs":${result.ttftMs}}`
  );
}

/** The members that only calls have whose client pays otherwise than the provider bills. */
function clientText(cost: string, credits: string, microCredits: string, amounts: CallAmounts): string {
  const isAtCost = amounts.clientCostNanoUsd === amounts.costNanoUsd;
  if (isAtCost && amounts.credits === 0n && amounts.microCredits === 0n) return '';
  return (
    (isAtCost ? '' : `"${cost}":"${amounts.clientCostNanoUsd}",`) +
    (amounts.credits === 0n ? '' : `"${credits}":"${amounts.credits}",`) +
    (amounts.microCredits === 0n ? '' : `"${microCredits}":"${amounts.microCredits}",`)
  );
}

function identityText(identity: CallIdentity): string {
  const { id, requestId, startedAtMs, jobId, jobCallId } = identity;
  const job = jobId === undefined ? '' : `"jobId":"${jobId}","jobCallId":"${jobCallId}",`;
  return `"id":"${id}","requestId":"${requestId}","startedAtMs":${startedAtMs},${job}${sharedText(identity)}`;
}

/** The members that calls of the same policy to the same model share. */
function sharedText(identity: CallIdentity): string {
  // The array of counters belongs to one plan of one policy: it stands for tenant, key, value, team and customer.
  let texts = sharedTexts.get(identity.counters);
  if (texts === undefined) {
    texts = new Map();
    sharedTexts.set(identity.counters, texts);
  }
  const { provider, modelRequested, modelSent, priceId, clientPriceId } = identity;
  // The length keeps a space within one name from making another pair of names.
  const name = `${provider} ${modelRequested.length} ${modelRequested} ${modelSent} ${priceId} ${clientPriceId}`;
  let text = texts.get(name);
  if (text === undefined) {
    const {
      id: _id,
      requestId: _requestId,
      startedAtMs: _startedAtMs,
      jobId: _jobId,
      jobCallId: _jobCallId,
      ...shared
    } = identity;
    text = JSON.stringify(shared).slice(1, -1);
    if (texts.size >= TEXTS_MAX) texts.clear();
    texts.set(name, text);
  }
  return text;
}
