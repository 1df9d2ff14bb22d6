import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  aliasPriceId,
  clientTermsAt,
  costOf,
  inputTokensOf,
  outputTokensOf,
  type PriceBookEntry,
  type PriceState,
  resolvePrice,
  type UsageVector,
  uuidv7,
  ZERO_USAGE,
} from '@penstock/domain';

import { TestClock } from '@penstock/testing';

import { PriceBookRepository } from '../src/prices/book/price-book.repository.js';
import { bookWithDrafts, type Draft } from '../src/prices/preview/plan-preview.js';
import { type AdminApp, type Answer, type Json, startAdmin } from './support/admin-app.js';
import { createUser, login } from './support/operators.js';

/** A call as the ledger has it. */
interface Call {
  readonly startedAtMs: number;
  readonly provider: string;
  readonly model: string;
  readonly usage: UsageVector;
  readonly isWorstCase: boolean;
  readonly cost: bigint;
  readonly priceId: string | null;
  readonly paid: bigint;
  readonly clientPriceId: string | null;
}

const HOUR_MS = 3_600_000;
const ALIAS = { alias: 'fast+cheap', inputUsdPerMtok: '3.3', outputUsdPerMtok: '7' };
const MODELS: readonly [string, string][] = [
  ['openai', 'gpt-4o'],
  ['openai', 'gpt-4o-mini'],
  // Dearer beyond 271,999 tokens.
  ['openai', 'gpt-5.4'],
  ['groq', 'nobody-priced-this'],
];

let admin: AdminApp;
let customerId: string;
const startMs = new TestClock().now();
const calls: Call[] = [];

beforeAll(async () => {
  admin = await startAdmin();
  customerId = await createOrganization('org');
  const add = (body: Json): Promise<Answer> => admin.call('POST', '/api/organizations/org/price-book', body);
  await add({ kind: 'markup', percent: 20 });
  await add({ kind: 'discount', percent: 12.34, provider: 'openai', effective_from: at(5), effective_until: at(8) });
  await add({ kind: 'override', provider: 'openai', model: 'gpt-4o-mini', request_usd: 0.0001, effective_from: at(4) });
  const base = await add({ kind: 'markup', percent: 33.33, provider: 'openai' });
  admin.clock.advance(7 * HOUR_MS);
  await admin.call('DELETE', `/api/organizations/org/price-book/${base.body.entry_id}`);
  admin.clock.advance(5 * HOUR_MS);
  await record(customerId, await bookOf());
});

afterAll(() => admin.stop());

async function createOrganization(id: string): Promise<string> {
  const { body } = await admin.call('POST', '/api/organizations/create', { organization_id: id, name: id });
  return body.customer_id;
}

function at(hours: number): string {
  return new Date(startMs + hours * HOUR_MS).toISOString();
}

function bookOf(): Promise<PriceBookEntry[]> {
  return admin.service(PriceBookRepository).findBook(admin.db.manager, customerId);
}

let seed = 42;
/** The same numbers in every run. */
function random(below: number): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed % below;
}

function worstCaseOf(usage: UsageVector): UsageVector {
  return { ...ZERO_USAGE, inputTokens: inputTokensOf(usage), outputTokens: outputTokensOf(usage) };
}

function costAt(state: PriceState, usage: UsageVector, factorE8?: number): bigint {
  return state.state === 'priced' ? costOf(usage, state.price, factorE8) : 0n;
}

/** Calls of twelve hours under a book, priced as gateways do. */
async function record(tenantId: string, book: readonly PriceBookEntry[]): Promise<void> {
  for (let index = 0; index < 400; index += 1) {
    const [provider, model] = MODELS[random(MODELS.length)]!;
    const startedAtMs = startMs + random(12 * HOUR_MS);
    const usage: UsageVector = {
      ...ZERO_USAGE,
      inputTokens: random(5) === 0 ? 271_990 + random(20) : random(3_000),
      cacheReadTokens: random(500),
      cacheWrite5mTokens: random(10),
      outputTokens: 1 + random(900),
      reasoningTokens: random(100),
      toolUnits: random(2),
    };
    const isWorstCase = random(10) === 0;
    const state = resolvePrice(provider, model, startedAtMs);
    const aliasPrice = model === 'gpt-4o' && random(3) === 0 ? ALIAS : undefined;
    const terms = clientTermsAt(book, { provider, model, aliasPrice }, startedAtMs);
    const charged = isWorstCase ? worstCaseOf(usage) : usage;
    const cost = costAt(state, charged);
    calls.push({
      startedAtMs,
      provider,
      model,
      usage,
      isWorstCase,
      cost,
      priceId: state.state === 'priced' ? state.price.id : null,
      paid: terms === undefined ? cost : costAt(terms.price ?? state, charged, terms.factorE8),
      clientPriceId: terms?.id ?? null,
    });
  }
  await admin.db.query(
    `INSERT INTO ledger.usage_events (id, started_at, settled_at, request_id, tenant_id, virtual_key_id, provider,
       model_requested, model_sent, price_id, input_tokens, cache_read_tokens, cache_write_5m_tokens,
       cache_write_1h_tokens, output_tokens, reasoning_tokens, input_audio_tokens, output_audio_tokens,
       input_image_tokens, tool_units, tokens, charged_input_tokens, charged_output_tokens, cost_nano_usd,
       client_cost_nano_usd, client_price_id, is_estimated, is_stream, is_counter_pending, outcome, latency_ms, counters)
     SELECT id, started_at, started_at, 'r', $1, $1, provider, model, model, price_id, input, cache_read, cache_write, 0,
       output, reasoning, 0, 0, 0, tools, 0, charged_input, charged_output, cost, paid, client_price_id, is_estimated,
       false, false, 'completed', 1, '{}'
     FROM jsonb_to_recordset($2) AS c(id uuid, started_at timestamptz, provider text, model text, price_id text,
       input bigint, cache_read bigint, cache_write bigint, output bigint, reasoning bigint, tools bigint,
       charged_input bigint, charged_output bigint, cost numeric, paid numeric, client_price_id text,
       is_estimated boolean)`,
    [tenantId, JSON.stringify(calls.map(toRow))],
  );
}

function toRow({ startedAtMs, isWorstCase, usage, ...call }: Call): object {
  const seen = isWorstCase ? ZERO_USAGE : usage;
  return {
    id: uuidv7(startedAtMs),
    started_at: new Date(startedAtMs),
    provider: call.provider,
    model: call.model,
    price_id: call.priceId,
    input: seen.inputTokens,
    cache_read: seen.cacheReadTokens,
    cache_write: seen.cacheWrite5mTokens,
    output: seen.outputTokens,
    reasoning: seen.reasoningTokens,
    tools: seen.toolUnits,
    charged_input: inputTokensOf(usage),
    charged_output: outputTokensOf(usage),
    cost: String(call.cost),
    paid: String(call.paid),
    client_price_id: call.clientPriceId,
    is_estimated: isWorstCase,
  };
}

function preview(body: object = {}, id = 'org', credential?: Record<string, string>): Promise<Answer> {
  const path = `/api/organizations/${id}/price-book/preview`;
  return admin.call('POST', path, { from: at(0), to: at(12), ...body }, credential);
}

/** The draft that a request describes. */
function draftOf(entry: Json): Draft {
  const ms = (text?: string): number | null => (text === undefined ? null : Date.parse(text));
  const price = {
    isFree: entry.is_free === true,
    inputUsdPerMtok: entry.input_usd_per_mtok,
    outputUsdPerMtok: entry.output_usd_per_mtok,
    cacheReadUsdPerMtok: entry.cache_read_usd_per_mtok,
    requestUsd: entry.request_usd,
  };
  return {
    provider: entry.provider ?? null,
    model: entry.model ?? null,
    effectiveFromMs: ms(entry.effective_from),
    effectiveUntilMs: ms(entry.effective_until),
    terms:
      entry.kind === 'override'
        ? { kind: 'override', price }
        : { kind: entry.kind, basisPoints: Math.round(Number(entry.percent) * 100) },
  };
}

/** What the calls would have cost the client, by the functions that gateways use. */
async function expectedCost(drafts: readonly Draft[], isMeant: (call: Call) => boolean = () => true): Promise<string> {
  const book = bookWithDrafts(await bookOf(), drafts, new Set());
  let total = 0n;
  for (const { startedAtMs, provider, model, usage, isWorstCase, cost, paid, clientPriceId } of calls.filter(isMeant)) {
    const aliasPrice = clientPriceId?.startsWith(aliasPriceId(ALIAS)) === true ? ALIAS : undefined;
    const terms = clientTermsAt(book, { provider, model, aliasPrice }, startedAtMs);
    if ((terms?.id ?? null) === clientPriceId) total += paid;
    else if (terms === undefined) total += cost;
    else {
      const state = terms.price ?? resolvePrice(provider, model, startedAtMs);
      total += costAt(state, isWorstCase ? worstCaseOf(usage) : usage, terms.factorE8);
    }
  }
  return usd(total);
}

function usd(nano: bigint): string {
  const text = nano.toString().padStart(10, '0');
  return `${text.slice(0, -9)}.${text.slice(-9)}`.replace(/\.?0+$/, '');
}

function sumOf(read: (call: Call) => bigint): bigint {
  return calls.reduce((total, call) => total + read(call), 0n);
}

describe('a preview', () => {
  it('without drafts is what the client paid, to the nano-dollar, for every model', async () => {
    const { status, body } = await preview();
    expect(status).toBe(200);
    expect(body).toMatchObject({ organization_id: 'org', from: at(0), to: at(12), calls: 400, difference_usd: 0 });
    expect(String(body.client_cost_usd)).toBe(usd(sumOf(({ paid }) => paid)));
    expect(String(body.provider_cost_usd)).toBe(usd(sumOf(({ cost }) => cost)));
    expect(body.preview_client_cost_usd).toBe(body.client_cost_usd);
    expect(body.rescaled_calls).toBe(0);
    expect(body.models.map((model: Json) => [model.provider, model.model])).toEqual([
      ['groq', 'nobody-priced-this'],
      ['openai', 'gpt-4o'],
      ['openai', 'gpt-4o-mini'],
      ['openai', 'gpt-5.4'],
    ]);
    for (const model of body.models) expect(model.difference_usd).toBe(0);
  });

  const drafts: [string, Json][] = [
    ['another default markup', { kind: 'markup', percent: '7.77' }],
    ['an exact markup', { kind: 'markup', percent: '12.5', provider: 'openai', model: 'gpt-5.4' }],
    ['a discount', { kind: 'discount', percent: '33.33' }],
    [
      'a price of a provider',
      {
        kind: 'override',
        provider: 'openai',
        input_usd_per_mtok: '1.234567',
        output_usd_per_mtok: '5',
        request_usd: '0.000000001',
      },
    ],
    [
      'a price where none was known',
      {
        kind: 'override',
        provider: 'groq',
        model: 'nobody-priced-this',
        input_usd_per_mtok: '1',
        output_usd_per_mtok: '2',
        cache_read_usd_per_mtok: '0.1',
      },
    ],
    ['free for all', { kind: 'override', is_free: true }],
    ['a markup of some hours', { kind: 'markup', percent: '100', effective_from: at(6), effective_until: at(9) }],
    ['a markup from a moment on', { kind: 'markup', percent: '100', provider: 'openai', effective_from: at(6) }],
  ];
  it.each(drafts)('of %s is what gateways would have charged, call by call', async (_, entry) => {
    const expected = await expectedCost([draftOf(entry)]);
    const answer = await preview({ entries: [entry] });
    expect(answer.status).toBe(200);
    const { preview_client_cost_usd: found, rescaled_calls: rescaled } = answer.body;
    // A markup on the worst case of a call is put on its rounded cost.
    expect(Math.abs(Math.round((Number(found) - Number(expected)) * 1e9))).toBeLessThanOrEqual(rescaled);
    if (rescaled === 0) expect(String(found)).toBe(expected);
    expect(rescaled).toBeLessThanOrEqual(calls.filter(({ isWorstCase }) => isWorstCase).length);
  });

  it('without an entry of the book is as if it had never been made', async () => {
    const { body } = await admin.call('GET', '/api/organizations/org/price-book?history=true&kind=override');
    const [entry] = body.entries;
    const found = await preview({
      without_entries: [entry.entry_id.toUpperCase()],
      provider: 'openai',
      model: 'gpt-4o-mini',
    });
    const again = await preview({ provider: 'openai', model: 'gpt-4o-mini' });
    expect(found.body.client_cost_usd).toBe(again.body.client_cost_usd);
    expect(found.body.preview_client_cost_usd).not.toBe(again.body.client_cost_usd);
    expect(found.body.calls).toBe(calls.filter(({ model }) => model === 'gpt-4o-mini').length);
  });

  it('is of the period and nothing else', async () => {
    const inside = calls.filter(
      ({ startedAtMs }) => startedAtMs >= startMs + HOUR_MS && startedAtMs < startMs + 2 * HOUR_MS,
    );
    const { body } = await preview({ from: at(1), to: at(2) });
    expect(body.calls).toBe(inside.length);
    expect((await preview({ from: at(1), to: '2999-01-01T00:00:00Z' })).body.to).toBe(at(12));
  });

  it('pages through the models; the totals are of all', async () => {
    const whole = (await preview({ entries: [{ kind: 'markup', percent: 1 }] })).body;
    const seen: Json[] = [];
    let cursor: string | null = null;
    do {
      // oxlint-disable-next-line no-await-in-loop
      const { body }: Answer = await preview({ entries: [{ kind: 'markup', percent: 1 }], limit: 3, cursor });
      expect(body.preview_client_cost_usd).toBe(whole.preview_client_cost_usd);
      seen.push(...body.models);
      cursor = body.next_cursor;
    } while (cursor !== null);
    expect(seen).toEqual(whole.models);
  });

  it('counts calls that nobody knows a price of, on neither side', async () => {
    const unknown = calls.filter(({ provider }) => provider === 'groq').length;
    const { body } = await preview({ entries: [{ kind: 'markup', percent: 50 }], provider: 'groq' });
    expect(body).toMatchObject({ calls: unknown, unpriced_calls: unknown, preview_client_cost_usd: 0 });
  });

  it('is of the organization alone', async () => {
    await createOrganization('other');
    expect((await preview({}, 'other')).body).toMatchObject({ calls: 0, client_cost_usd: 0, models: [] });
    expect((await preview({}, 'nobody')).status).toBe(404);
  });

  it('changes nothing, so that role user may ask for it', async () => {
    const user = await createUser(admin, 'user');
    const book = await bookOf();
    const answer = await preview({ entries: [{ kind: 'markup', percent: 1 }] }, 'org', await login(admin, user.email));
    expect(answer.status).toBe(200);
    expect(await bookOf()).toEqual(book);
  });

  it('of more calls than can be read while somebody waits is refused by the rollups', async () => {
    const tenantId = await createOrganization('busy');
    await admin.db.query(
      `INSERT INTO ledger.usage_daily (id, day, tenant_id, virtual_key_id, provider, model, calls, calls_estimated,
         input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens,
         input_audio_tokens, output_audio_tokens, input_image_tokens, tool_units, tokens, cost_nano_usd)
       VALUES (gen_random_uuid(), $2, $1, $1, 'openai', 'gpt-4o', 500001, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)`,
      [tenantId, at(0).slice(0, 10)],
    );
    const refused = await preview({}, 'busy');
    expect(refused).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'from'] }] } });
    expect((await preview({ model: 'gpt-4o-mini' }, 'busy')).status).toBe(200);
  });

  const invalid: [string, object, Json[]][] = [
    ['no period', { from: undefined }, ['body', 'from']],
    ['an empty period', { from: at(2), to: at(2) }, ['body', 'from']],
    ['a period to come', { from: at(20), to: at(30) }, ['body', 'from']],
    [
      'half a price',
      {
        entries: [
          { kind: 'markup', percent: 1 },
          { kind: 'override', input_usd_per_mtok: 1 },
        ],
      },
      ['body', 'entries', 1, 'output_usd_per_mtok'],
    ],
    [
      'a draft that ends before it begins',
      { entries: [{ kind: 'markup', percent: 1, effective_from: at(2), effective_until: at(1) }] },
      ['body', 'entries', 0, 'effective_until'],
    ],
    ['a percent that is none', { entries: [{ kind: 'markup', percent: 'x' }] }, ['body', 'entries', 0, 'percent']],
    ['entries that are none', { entries: [5] }, ['body', 'entries', 0]],
    [
      '101 drafts',
      { entries: Array.from({ length: 101 }, () => ({ kind: 'markup', percent: 1 })) },
      ['body', 'entries'],
    ],
    ['ids that are none', { without_entries: ['x'] }, ['body', 'without_entries']],
    ['a foreign cursor', { cursor: 'x' }, ['body', 'cursor']],
  ];
  it.each(invalid)('answers 422 with the place for %s', async (_, body, loc) => {
    const answer = await preview(body);
    expect(answer.status).toBe(422);
    expect(answer.body.detail[0].loc).toEqual(loc);
  });
});
