import { expect } from '@jest/globals';
import { type LimitUnit, parseCounterId } from '@penstock/domain';
import type { SimulatorEntry, UsageEventRow } from '@penstock/testing';

import { type Answer, INPUT_NANO_USD, MODEL, OUTPUT_NANO_USD, type Proof, type Tenant } from './proof.js';

/** What the provider served, in the columns of the ledger. */
export function truthOf(entry: SimulatorEntry): Record<string, unknown> {
  return {
    request_id: entry.requestId,
    model_requested: MODEL,
    input_tokens: String(entry.promptTokens - entry.cachedTokens),
    cache_read_tokens: String(entry.cachedTokens),
    output_tokens: String(entry.completionTokens - entry.reasoningTokens),
    reasoning_tokens: String(entry.reasoningTokens),
    tokens: String(entry.promptTokens + entry.completionTokens),
    cost_nano_usd: String(
      BigInt(entry.promptTokens) * INPUT_NANO_USD + BigInt(entry.completionTokens) * OUTPUT_NANO_USD,
    ),
    is_estimated: false,
  };
}

/** True when the client got the whole answer. */
export function isWhole(answer: Answer): boolean {
  if (answer.error !== undefined || answer.status !== 200) return false;
  const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
  return !isStream || answer.text.includes('data: [DONE]');
}

/**
 * The invariants of accounting for one tenant whose calls have ended:
 *
 * - each call that a client got whole is in the ledger once, with exactly the provider's usage and its price;
 * - each call that the provider served, whole or not, is in the ledger once, exact or marked as estimated;
 * - nothing else is in the ledger;
 * - nothing is held, the outbox is empty, and the counters in Redis are the sums of the ledger to the nano-dollar.
 */
export async function expectClosedBooks(
  proof: Proof,
  tenant: Tenant,
  answers: readonly Answer[],
): Promise<UsageEventRow[]> {
  const { counters } = await proof.settled(tenant);
  const events = await proof.ledger.events(tenant.id);
  const served = (await proof.simulator.entriesOf(tenant.label)).filter(({ status }) => status === 200);
  const truths = new Map(served.map((entry) => [entry.requestId, truthOf(entry)]));

  const eventIds = events.map((event) => event.request_id);
  expect(new Set(eventIds).size).toBe(eventIds.length);
  const unaccounted = served.filter(({ requestId }) => !eventIds.includes(requestId ?? ''));
  expect(unaccounted).toEqual([]);
  const whole = new Set(answers.filter(isWhole).map(({ requestId }) => requestId));
  for (const event of events) {
    if (event.is_estimated) expect(whole).not.toContain(event.request_id);
    else expect(event).toMatchObject(truths.get(event.request_id) ?? { request_id: 'served by nobody' });
  }
  expect([...whole].filter((requestId) => !eventIds.includes(requestId))).toEqual([]);

  expect(nonZero(counters)).toEqual(sumsOf(events));
  const windows = await proof.ledger.windows();
  expect(nonZero(new Map([...counters.keys()].map((id) => [id, windows.get(id) ?? 0n])))).toEqual(sumsOf(events));
  return events;
}

/** The operators' own check finds Redis and PostgreSQL equal and nothing under way, over all tenants of the stack. */
export async function expectReconciled(proof: Proof): Promise<void> {
  const { exitCode, output } = await proof.reconcile();
  expect({ exitCode, output }).toEqual({ exitCode: 0, output });
}

/** Sum per counter, from the single events. */
export function sumsOf(events: readonly UsageEventRow[]): Record<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const event of events) {
    for (const counterId of event.counters) {
      sums.set(counterId, (sums.get(counterId) ?? 0n) + amountOf(event, parseCounterId(counterId).unit));
    }
  }
  return nonZero(sums);
}

function amountOf(event: UsageEventRow, unit: LimitUnit): bigint {
  switch (unit) {
    case 'requests':
      return 1n;
    case 'tokens':
      return BigInt(event.tokens);
    case 'input_tokens':
      return BigInt(event.charged_input_tokens);
    case 'output_tokens':
      return BigInt(event.charged_output_tokens);
    case 'concurrent_requests':
      return 0n;
    case 'nano_usd':
      return BigInt(event.cost_nano_usd);
    case 'credits':
      return BigInt(event.credits);
    case 'micro_credits':
      return BigInt(event.micro_credits);
  }
}

/** Counters without those at zero. */
export function nonZero(amounts: ReadonlyMap<string, bigint>): Record<string, bigint> {
  return Object.fromEntries([...amounts].filter(([, amount]) => amount !== 0n));
}
