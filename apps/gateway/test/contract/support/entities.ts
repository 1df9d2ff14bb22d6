import { expect } from '@jest/globals';

import type { Collection, ContractClient, Json } from './contract-client.js';

/** A budget as requests have it, in cents. */
export const BUDGET = { max_limit: 10_000, reset_duration: '1h' } as const;

export const RATE_LIMIT = {
  token_max_limit: 1_000,
  token_reset_duration: '1m',
  request_max_limit: 100,
  request_reset_duration: '1h',
} as const;

/** Every optional field of a virtual key but its owner. */
export const COMPLETE_KEY = {
  description: 'A complete key',
  allowed_models: ['gpt-4', 'claude-3-5-sonnet-20240620'],
  allowed_providers: ['openai', 'anthropic'],
  budget: BUDGET,
  rate_limit: RATE_LIMIT,
  is_active: true,
} as const;

/** The fields that no update may touch, whatever it changes. */
const FIXED_FIELDS = ['id', 'created_at'] as const;

/**
 * Sends one update and proves what field update tests of the contract prove: the answer is what GET says, the named
 * fields have the expected values, every other one is as it was, `updated_at` moved and `created_at` did not.
 */
export async function expectUpdate(
  client: ContractClient,
  collection: Collection,
  before: Json,
  { send, expected, touches }: { readonly send: Json; readonly expected: Json; readonly touches?: readonly string[] },
): Promise<Json> {
  const answered = await client.update(collection, before.id, send);
  const stored = await client.get(collection, before.id);
  expect(answered).toEqual(stored);
  expect(stored).toMatchObject(expected);
  expectUnchanged(before, stored, [...(touches ?? Object.keys(expected)), 'updated_at']);
  expect(Date.parse(stored.updated_at)).toBeGreaterThan(Date.parse(before.updated_at));
  for (const field of FIXED_FIELDS) expect(stored[field]).toBe(before[field]);
  return stored;
}

/** Deep comparison of everything but the named fields, absent ones included. */
export function expectUnchanged(before: Json, after: Json, except: readonly string[]): void {
  const rest = (entity: Json): Json =>
    Object.fromEntries(Object.entries(entity).filter(([field]) => !except.includes(field)));
  expect(rest(after)).toEqual(rest(before));
}

/** Absent or null: how the contract shows what is not set. */
export function expectUnset(entity: Json, ...fields: string[]): void {
  for (const field of fields) expect(entity[field] ?? null).toBeNull();
}
