/** How many calls there were by the rollups: $1 tenant, $2 and $3 first and last day, $4 provider, $5 model. */
export const COUNT_CALLS = `
  SELECT COALESCE(sum(calls), 0)::bigint::text AS calls FROM ledger.usage_daily
  WHERE tenant_id = $1 AND day BETWEEN $2::date AND $3::date
    AND ($4::text IS NULL OR provider = $4) AND ($5::text IS NULL OR model = $5)`;

/** $1 tenant, $2 and $3 the period, $4 provider, $5 model: ones that are null name everything. */
const CALLS = `
  e.tenant_id = $1 AND e.started_at >= to_timestamp($2 / 1000.0) AND e.started_at < to_timestamp($3 / 1000.0)
    AND ($4::text IS NULL OR e.provider = $4) AND ($5::text IS NULL OR e.model_sent = $5)`;

const ALIAS_PRICE_ID = `CASE WHEN starts_with(e.client_price_id, 'alias:') THEN e.client_price_id END`;

/** The groups of calls that are priced alike; $6 is the most that are read. */
export const FIND_GROUPS = `
  SELECT e.provider, e.model_sent AS model, e.price_id AS "priceId", ${ALIAS_PRICE_ID} AS "aliasPriceId"
  FROM ledger.usage_events e WHERE ${CALLS}
  GROUP BY 1, 2, 3, 4 LIMIT $6`;

/**
 * The costs of all calls of the period, by model; $6 are terms and $7 prices (see `planPreview`) as JSON.
 *
 * Call by call and exact, because the rounding of a call is what it is charged: rollups know only sums. Amounts are
 * multiplied by negative powers of ten instead of divided, which numeric does without error, and rounded half to even
 * once. What was charged by the same version stays what it was. The worst case of a call whose usage never came is priced
 * as the gateway does: every token of the dearest kind.
 *
 * `OFFSET 0` keeps the planner from computing an expression once for each place that names it.
 */
export const PREVIEW_COSTS = `
  WITH terms AS MATERIALIZED (
    SELECT *, to_timestamp(from_ms / 1000.0) AS from_at, to_timestamp(until_ms / 1000.0) AS until_at
    FROM jsonb_to_recordset($6::jsonb) AS t(provider text, model text, alias_price_id text, from_ms bigint,
      until_ms bigint, base text, price_ref text, factor_e8 numeric, client_price_id text)
  ), prices AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($7::jsonb) AS p(ref text, above bigint, up_to bigint, input numeric,
      cache_read numeric, cache_write_5m numeric, cache_write_1h numeric, output numeric, reasoning numeric,
      input_audio numeric, output_audio numeric, input_image numeric, tool_unit numeric, request numeric)
  )
  SELECT provider, model, count(*)::text AS calls, sum(cost)::text AS cost, sum(paid)::text AS paid,
    sum(round(amount) - CASE WHEN amount - trunc(amount) = 0.5 AND mod(trunc(amount), 2) = 0 THEN 1 ELSE 0 END)::text
      AS preview,
    count(*) FILTER (WHERE is_unpriced)::text AS unpriced, count(*) FILTER (WHERE way = 'rescaled')::text AS rescaled
  FROM (
    SELECT provider, model, cost, paid, is_unpriced, way, CASE way
        WHEN 'exact' THEN pico * factor_e8 * 0.00000000001
        WHEN 'rescaled' THEN cost * factor_e8 * 0.00000001
        WHEN 'as_it_was' THEN paid WHEN 'at_cost' THEN cost ELSE 0 END AS amount
    FROM (
      SELECT provider, model, cost, paid, pico, factor_e8, is_without_price AND base IN ('cost', 'at_cost') AS is_unpriced,
        CASE WHEN is_as_it_was THEN 'as_it_was' WHEN base IN ('at_cost', 'free') THEN base
          WHEN base = 'price' THEN 'exact' WHEN is_without_price THEN 'free'
          -- What the price that is known comes to must be what was charged, or it is not what was charged by.
          WHEN NOT is_worst_case AND abs(pico - cost * 1000) <= 500 THEN 'exact' ELSE 'rescaled' END AS way
      FROM (
        SELECT e.provider, e.model_sent AS model, e.cost_nano_usd AS cost,
          COALESCE(e.client_cost_nano_usd, e.cost_nano_usd) AS paid,
          e.client_price_id IS NOT DISTINCT FROM t.client_price_id AS is_as_it_was,
          t.base, t.factor_e8, e.price_id IS NULL AS is_without_price, u.is_worst_case,
          CASE WHEN t.base NOT IN ('cost', 'price') OR p.ref IS NULL THEN NULL
            WHEN NOT u.is_worst_case THEN p.request + e.input_tokens * p.input + e.output_tokens * p.output
              + CASE WHEN e.cache_read_tokens = 0 THEN 0 ELSE e.cache_read_tokens * p.cache_read END
              + CASE WHEN e.reasoning_tokens = 0 THEN 0 ELSE e.reasoning_tokens * p.reasoning END
              + CASE WHEN u.rare = 0 THEN 0
                ELSE e.cache_write_5m_tokens * p.cache_write_5m + e.cache_write_1h_tokens * p.cache_write_1h
                  + e.input_audio_tokens * p.input_audio + e.output_audio_tokens * p.output_audio
                  + e.input_image_tokens * p.input_image + e.tool_units * p.tool_unit END
            ELSE p.request
              + e.charged_input_tokens * GREATEST(p.input, p.cache_read, p.cache_write_5m)
              + e.charged_output_tokens * GREATEST(p.output, p.reasoning) END AS pico
        FROM ledger.usage_events e
        CROSS JOIN LATERAL (SELECT
          e.input_tokens + e.cache_read_tokens + e.cache_write_5m_tokens + e.cache_write_1h_tokens
            + e.input_audio_tokens + e.input_image_tokens AS inputs,
          e.cache_write_5m_tokens + e.cache_write_1h_tokens + e.input_audio_tokens + e.output_audio_tokens
            + e.input_image_tokens + e.tool_units AS rare,
          e.is_estimated AND e.input_tokens + e.cache_read_tokens + e.cache_write_5m_tokens + e.cache_write_1h_tokens
            + e.input_audio_tokens + e.input_image_tokens + e.output_tokens + e.reasoning_tokens
            + e.output_audio_tokens = 0 AS is_worst_case) u
        JOIN terms t ON t.provider = e.provider AND t.model = e.model_sent
          AND t.alias_price_id IS NOT DISTINCT FROM ${ALIAS_PRICE_ID}
          AND e.started_at >= t.from_at AND e.started_at < t.until_at
        LEFT JOIN prices p
          ON p.ref = COALESCE(t.price_ref, e.price_id) AND u.inputs > p.above AND u.inputs <= p.up_to
        WHERE ${CALLS}
        OFFSET 0) calls
      OFFSET 0) judged
    OFFSET 0) amounts
  GROUP BY provider, model`;
