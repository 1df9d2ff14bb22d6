import { EntityRef } from '@penstock/testing';

/** Texts and numbers whose rules the schema does not tell: those that are accepted, and those that are almost. */
const HINTS: Readonly<Record<string, readonly unknown[]>> = {
  effective_from: [
    '2026-01-31T00:00:00Z',
    '2030-06-30T12:00:00+05:30',
    '2099-12-31T23:59:59.999+14:00',
    '2026-02-30T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-14:00',
  ],
  ends_at: ['2099-12-31T23:59:59.999Z', '2030-01-01T00:00:00Z', '2001-01-01T00:00:00Z', '9999-12-31T23:59:59-14:00'],
  starts_at: ['2001-01-01T00:00:00Z', '2029-01-01t00:00:00z', '2099-12-31T23:59:59.999Z', '2026-02-30T00:00:00Z'],
  amount: [1, 0.0000001, 1e18, 9_223_372_036_854_775_807n, 0, -1],
  time_zone: ['Europe/Berlin', 'America/St_Johns', 'Pacific/Apia', 'utc', 'EST5EDT', '+02:00', 'Mars/Olympus', '\0'],
  request: [
    { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: 'hello' }], max_tokens: 10 },
    { model: 'gpt-4o', messages: [{}] },
    { model: 'constructor/__proto__', messages: [{ content: [{ type: 'image_url' }, 7, null] }], n: 3 },
    { model: 'a model of nobody', messages: [] },
  ],
  provider: ['openai', 'groq', 'anthropic', 'a provider of nobody'],
  model: ['gpt-4o', 'gpt-4o-mini', '*', 'a model of nobody'],
  // Several budgets of one owner are told apart by their windows.
  budgets: [
    [],
    [
      { max_limit: 1_000, reset_duration: '1d' },
      { max_limit: 10_000, reset_duration: '1M', calendar_aligned: true },
    ],
    [{ max_limit: 5, reset_duration: '1w', thresholds: [80] }],
    Array.from({ length: 16 }, (_, index) => ({ max_limit: index, reset_duration: `${index + 1}h` })),
    Array.from({ length: 17 }, (_, index) => ({ max_limit: index, reset_duration: `${index + 1}h` })),
  ],
  budget: [
    { max_limit: 100, reset_duration: '1M', calendar_aligned: true, thresholds: [50, 80, 95], rollover_max: 50.5 },
    { max_limit: 0, reset_duration: '1h', on_exceed: 'shadow' },
    { max_limit: 12.3456789, reset_duration: '1d', on_exceed: 'fallback', fallback_model: 'openai/gpt-4o-mini' },
    { max_limit: 1e18, reset_duration: '3M', calendar_aligned: true, on_exceed: 'clamp' },
    { on_exceed: 'fallback', fallback_model: 'no/such model' },
    { calendar_aligned: false, rollover_max: 0 },
    { thresholds: [] },
    // A shared one is of a customer; others ignore that.
    ...[1, 2, 3, 5, 7].map((pick) => ({
      max_limit: 50,
      reset_duration: '1w',
      customer_id: new EntityRef('customer', pick),
    })),
  ],
  rate_limit: [
    { token_max_limit: 1_000, token_reset_duration: '1m', request_max_limit: 10, request_reset_duration: '1s' },
    { concurrent_max_limit: 3, on_exceed: 'shadow' },
    { input_token_max_limit: 5, input_token_reset_duration: '1h', window_type: 'sliding', on_exceed: 'clamp' },
    { request_max_limit: 1, request_reset_duration: '100ms', window_type: 'fixed' },
    { output_token_max_limit: 9, output_token_reset_duration: '1d', on_exceed: 'fallback', fallback_model: 'a/b' },
    { window_type: 'sliding' },
  ],
  provider_config: [
    { provider: 'openai', weight: 0.5, allowed_models: ['gpt-4o'], budget: { max_limit: 7, reset_duration: '1d' } },
    { provider: 'groq', weight: 0, rate_limit: { request_max_limit: 5, request_reset_duration: '1m' } },
    { provider: 'anthropic', budgets: [{ max_limit: 1, reset_duration: '1w' }], allowed_models: [] },
  ],
  weight: [0, 1, 0.1, 1e6, 1_000_001, -1],
  thresholds: [[], [80], [100, 1, 50], [80, 80], [0], [101], [50.5]],
  fallback_model: ['openai/gpt-4o-mini', 'gpt-4o', 'a model of nobody'],
  expires_at: [
    '',
    '2099-01-01T00:00:00Z',
    '2099-06-30T23:59:59.123456789+05:30',
    '2099-02-30T00:00:00Z',
    '2001-01-01T00:00:00Z',
    '9999-12-31T23:59:59-14:00',
    '2099-01-01t00:00:00z',
  ],
  allowed_ip: [
    '203.0.113.7',
    ' 10.0.0.0/8 ',
    '2001:DB8::/32',
    '::ffff:1.2.3.4/120',
    '0.0.0.0/0',
    '203.0.113.7/33',
    '010.0.0.1',
    'localhost',
  ],
  tag: ['prod', 'team a', '\u{1f4a9}', 'x'.repeat(64), 'x'.repeat(65), ''],
  overlap: ['0s', '0', '', '1h', '1d', '292Y', '293Y', '-1s', '1.5M'],
};

const DURATIONS = [
  '1s',
  '100ms',
  '1m',
  '1h30m',
  '1d',
  '1w',
  '1M',
  '3M',
  '1Y',
  '292Y',
  '0.5d',
  '',
  '1d12h',
  '-1h',
] as const;
const PRICES = ['0', '2.50', '10', '999999999999.999999', '0.000001', '0.0000001'] as const;

/** Addresses that webhooks are registered with; `receiver` is the one that answers. */
function webhookUrls(receiver: string): readonly string[] {
  return [
    receiver,
    `${receiver}?token=a%20b&c=%00`,
    'https://127.0.0.1:1/nobody-listens',
    `${receiver}/${'é'.repeat(1_000)}`,
    `${receiver}#fragment`,
    'http://169.254.169.254/latest/meta-data',
    'https://user:secret@example.com/',
    'https://exa mple.com/',
    'ftp://example.com/',
    '/hook',
  ];
}

/** What the generator of requests is told about fields of the API. */
export function fuzzHints(receiver: string): (field: string) => readonly unknown[] | undefined {
  const urls = webhookUrls(receiver);
  return (field) => {
    if (field === 'url') return urls;
    if (field.endsWith('reset_duration')) return DURATIONS;
    if (field.includes('_usd')) return PRICES;
    return HINTS[field];
  };
}
