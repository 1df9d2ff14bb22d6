import { parseCounterId } from '@penstock/domain';
import { OUTBOX_LATE, OUTBOX_NORMAL, type CallOutcome, type UsageRecord } from '@penstock/dto';

/** A settled call as the worker accounts for it: checked field by field and safe for PostgreSQL. */
export interface OutboxRecord {
  /** The hold was gone when the record arrived; see {@link UsageLedger}. */
  readonly isLate: boolean;
  readonly record: UsageRecord;
}

export type ParsedOutboxEntry =
  | { readonly isValid: true; readonly value: OutboxRecord }
  | { readonly isValid: false; readonly reason: string };

/** Longest text that is kept of a name that callers or providers choose; an index row of PostgreSQL is bounded. */
const NAME_CHARS_MAX = 256;
/** Largest `integer` of PostgreSQL: 24 days in milliseconds. */
const INTEGER_MAX = 2_147_483_647;
/** Largest instant that JavaScript and PostgreSQL both know. */
const INSTANT_MS_MAX = 8_640_000_000_000_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const WHOLE_NUMBER = /^\d{1,38}$/;
const OUTCOMES: ReadonlySet<string> = new Set<CallOutcome>(['completed', 'client_gone', 'truncated', 'orphaned']);
const USAGE_FIELDS = [
  'inputTokens',
  'cacheReadTokens',
  'cacheWrite5mTokens',
  'cacheWrite1hTokens',
  'outputTokens',
  'reasoningTokens',
  'inputAudioTokens',
  'outputAudioTokens',
  'inputImageTokens',
  'toolUnits',
] as const;

/**
 * Reads one outbox entry (tag character + JSON). Everything that PostgreSQL would refuse is refused here, per
 * record: one bad value must not hold up the batch it travels in.
 */
export function parseOutboxEntry(tenantId: string, id: string, entry: string): ParsedOutboxEntry {
  const tag = entry[0];
  if (tag !== OUTBOX_NORMAL && tag !== OUTBOX_LATE) return rejected(`unknown tag ${JSON.stringify(tag ?? '')}`);
  let value: unknown;
  try {
    value = JSON.parse(entry.slice(1));
  } catch {
    return rejected('the record is not JSON');
  }
  if (typeof value !== 'object' || value === null) return rejected('the record is not an object');
  const problem = findProblem(value, tenantId, id);
  if (problem !== undefined) return rejected(problem);
  return { isValid: true, value: { isLate: tag === OUTBOX_LATE, record: storable(value as UsageRecord) } };
}

function rejected(reason: string): ParsedOutboxEntry {
  return { isValid: false, reason };
}

function findProblem(r: Partial<Record<keyof UsageRecord, unknown>>, tenantId: string, id: string): string | undefined {
  if (r.schemaVersion !== 1) return 'schemaVersion is not 1';
  if (r.id !== id || !UUID.test(id)) return 'id is not the UUID it is stored under';
  if (r.tenantId !== tenantId || !UUID.test(tenantId)) return 'tenantId is not the UUID of its tenant';
  if (!isUuid(r.keyId)) return 'keyId is not a UUID';
  if (r.secretId !== undefined && !isUuid(r.secretId)) return 'secretId is not a UUID';
  if (r.teamId !== null && !isUuid(r.teamId)) return 'teamId is neither a UUID nor null';
  if (r.customerId !== null && !isUuid(r.customerId)) return 'customerId is neither a UUID nor null';
  for (const name of ['requestId', 'provider', 'modelRequested', 'modelSent'] as const) {
    if (typeof r[name] !== 'string') return `${name} is not a string`;
  }
  for (const name of ['modelReported', 'priceId'] as const) {
    if (r[name] !== null && typeof r[name] !== 'string') return `${name} is neither a string nor null`;
  }
  for (const name of ['startedAtMs', 'settledAtMs'] as const) {
    if (!isAmount(r[name]) || r[name] > INSTANT_MS_MAX) return `${name} is not an instant in milliseconds`;
  }
  if (typeof r.usage !== 'object' || r.usage === null) return 'usage is not an object';
  for (const name of USAGE_FIELDS) {
    if (!isAmount((r.usage as Record<string, unknown>)[name])) return `usage.${name} is not a whole number`;
  }
  if (!isAmount(r.tokens)) return 'tokens is not a whole number';
  if (typeof r.costNanoUsd !== 'string' || !WHOLE_NUMBER.test(r.costNanoUsd))
    return 'costNanoUsd is not a whole number';
  for (const name of ['clientCostNanoUsd', 'credits', 'microCredits'] as const) {
    const value = r[name];
    if (value !== undefined && (typeof value !== 'string' || !WHOLE_NUMBER.test(value))) {
      return `${name} is not a whole number`;
    }
  }
  if (r.clientPriceId !== undefined && typeof r.clientPriceId !== 'string') return 'clientPriceId is not a string';
  for (const name of ['jobId', 'jobCallId'] as const) {
    if (r[name] !== undefined && !isUuid(r[name])) return `${name} is not a UUID`;
  }
  for (const name of ['isEstimated', 'isStream'] as const) {
    if (typeof r[name] !== 'boolean') return `${name} is not a boolean`;
  }
  if (typeof r.outcome !== 'string' || !OUTCOMES.has(r.outcome)) return 'outcome is unknown';
  if (typeof r.latencyMs !== 'number') return 'latencyMs is not a number';
  for (const name of ['upstreamStatus', 'ttftMs'] as const) {
    if (r[name] !== null && typeof r[name] !== 'number') return `${name} is neither a number nor null`;
  }
  return findCounterProblem(r.counters);
}

function findCounterProblem(counters: unknown): string | undefined {
  if (!Array.isArray(counters)) return 'counters is not an array';
  for (let index = 0; index < counters.length; index += 1) {
    const counterId: unknown = counters[index];
    if (typeof counterId !== 'string' || !isCounterId(counterId)) return `counters[${index}] is not a counter id`;
    if (counters.indexOf(counterId) !== index) return `counters[${index}] is named twice`;
  }
  return undefined;
}

/** Few distinct counters serve many calls: remembering the good ones spares most of the parsing. */
const knownCounterIds = new Set<string>();

function isCounterId(counterId: string): boolean {
  if (knownCounterIds.has(counterId)) return true;
  if (counterId.length > NAME_CHARS_MAX) return false;
  try {
    const { generation, windowStartMs } = parseCounterId(counterId);
    if (generation > INTEGER_MAX || !(Math.abs(windowStartMs) <= INSTANT_MS_MAX)) return false;
  } catch {
    return false;
  }
  if (knownCounterIds.size >= 10_000) knownCounterIds.clear();
  knownCounterIds.add(counterId);
  return true;
}

function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

function isAmount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Bounds what callers and providers choose freely. PostgreSQL's text holds no NUL, its integer no fraction. */
function storable(record: UsageRecord): UsageRecord {
  return {
    ...record,
    requestId: storableText(record.requestId),
    provider: storableText(record.provider),
    modelRequested: storableText(record.modelRequested),
    modelSent: storableText(record.modelSent),
    modelReported: record.modelReported === null ? null : storableText(record.modelReported),
    priceId: record.priceId === null ? null : storableText(record.priceId),
    ...(record.clientPriceId === undefined ? {} : { clientPriceId: storableText(record.clientPriceId) }),
    latencyMs: storableInteger(record.latencyMs),
    upstreamStatus: record.upstreamStatus === null ? null : storableInteger(record.upstreamStatus),
    ttftMs: record.ttftMs === null ? null : storableInteger(record.ttftMs),
  };
}

function storableText(text: string): string {
  const bounded = text.length > NAME_CHARS_MAX ? text.slice(0, NAME_CHARS_MAX) : text;
  return bounded.includes('\0') ? bounded.replaceAll('\0', '\uFFFD') : bounded;
}

function storableInteger(value: number): number {
  return Math.min(INTEGER_MAX, Math.max(0, Math.round(value)));
}
