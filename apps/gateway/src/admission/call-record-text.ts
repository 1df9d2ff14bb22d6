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
    `"heldOutputTokens":${amounts.outputTokens},"heldNanoUsd":"${amounts.costNanoUsd}","isStream":${call.isStream}}`
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
    | 'settledAtMs'
  >,
  amounts: CallAmounts,
  settledAtMs: number,
): string {
  return (
    `{"schemaVersion":1,${identityText(identity)},"modelReported":${JSON.stringify(result.modelReported)},` +
    `"usage":${JSON.stringify(result.usage)},"tokens":${amounts.tokens},` +
    `"chargedInputTokens":${amounts.inputTokens},"chargedOutputTokens":${amounts.outputTokens},"costNanoUsd":"${amounts.costNanoUsd}",` +
    `"isEstimated":${result.isEstimated},"outcome":"${result.outcome}","isStream":${result.isStream},` +
    `"upstreamStatus":${result.upstreamStatus},"settledAtMs":${settledAtMs},` +
    `"latencyMs":${result.latencyMs},"ttftMs":${result.ttftMs}}`
  );
}

function identityText(identity: CallIdentity): string {
  const { id, requestId, startedAtMs } = identity;
  return `"id":"${id}","requestId":"${requestId}","startedAtMs":${startedAtMs},${sharedText(identity)}`;
}

/** The members that calls of the same policy to the same model share. */
function sharedText(identity: CallIdentity): string {
  // The array of counters belongs to one plan of one policy: it stands for tenant, key, value, team and customer.
  let texts = sharedTexts.get(identity.counters);
  if (texts === undefined) {
    texts = new Map();
    sharedTexts.set(identity.counters, texts);
  }
  const { provider, modelRequested, modelSent, priceId } = identity;
  // The length keeps a space within one name from making another pair of names.
  const name = `${provider} ${modelRequested.length} ${modelRequested} ${modelSent} ${priceId}`;
  let text = texts.get(name);
  if (text === undefined) {
    const { id: _id, requestId: _requestId, startedAtMs: _startedAtMs, ...shared } = identity;
    text = JSON.stringify(shared).slice(1, -1);
    if (texts.size >= TEXTS_MAX) texts.clear();
    texts.set(name, text);
  }
  return text;
}
