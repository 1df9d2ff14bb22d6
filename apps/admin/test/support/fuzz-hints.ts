/** Few accounts and passwords, so that some logins are right. */
export const PASSWORDS = ['correct horse', 'battery staple'] as const;
/** The operator who is logged in. */
export const ROOT = { email: 'root@example.com', display_name: 'Root', password: PASSWORDS[0] } as const;
/** The organization and the team that there always are: what requests take of them is given back. */
export const ORGANIZATION = 'org_a';
export const TEAM = 'team-of-the-run';
/** A model group of that name, an alias and an access group are there as often. */
export const GROUP = 'chat';
export const ALIAS = 'fast';

/** Texts and numbers whose rules the schema does not tell: those that are accepted, and those that are almost. */
const HINTS: Readonly<Record<string, readonly unknown[]>> = {
  organization_id: [ORGANIZATION, ORGANIZATION, ORGANIZATION, 'org b', 'org/c', 'o'],
  team_id: [TEAM, TEAM, TEAM, 'team b', 'team/c', 't'],
  email: [
    ROOT.email,
    ROOT.email,
    'ada@example.com',
    'Ada@example.COM',
    'bob@example.com',
    'zoë@example.com',
    'ada@example.com\0',
    '\ud800@example.com',
    '"\u0001"@example.com',
    `${'x'.repeat(64)}@${'y'.repeat(63)}.com`,
    `${'x'.repeat(65)}@example.com`,
    'ada@localhost',
  ],
  password: [...PASSWORDS, ...PASSWORDS, 'pass \ud800 word', '\0\0\0\0\0\0\0\0', 'x'.repeat(1_025)],
  current_password: PASSWORDS,
  new_password: [...PASSWORDS, 'seven77', 'pass \udfff word'],
  metadata: [{}, { a: 1, b: [null, 'ü'] }, { a: { b: { c: '\u{1f4a9}' } } }],
  call_metadata: [{ step: 1 }, { 'a b': null }],
  job_metadata: [{ step: 1 }],

  group_name: [GROUP, GROUP, 'résumés ✓', 'team/chat', 'x'.repeat(255)],
  model_group: [GROUP, 'nobody'],
  model_alias: [ALIAS, ALIAS, 'best', 'openai/gpt-4o', 'a b'],
  access_group: [GROUP, GROUP, 'team/chat', 'nobody'],
  model_name: ['gpt-4o', 'openai/gpt-4o-mini', 'own/one', 'nobody-knows', 'OpenAI/x'],
  models: [[{ model_name: 'gpt-4o' }], [{ model_name: 'openai/gpt-4o-mini', priority: 1 }, { model_name: 'own/one' }]],
  pricing_input: [0, 0.15, '2.5', 0.0000001, -1, '1e3', 1e21, null],
  pricing_output: [0, 10, '0.6', '0x1'],

  price_book: [
    { kind: 'markup', percent: 20 },
    { kind: 'discount', percent: '12.34', provider: 'openai' },
    { kind: 'override', input_usd_per_mtok: 2.5, output_usd_per_mtok: 10, percent: null, is_free: null },
  ],
  percent: [0, 20, '12.34', 100, 1.005, 999, -1],
  input_usd_per_mtok: [2.5, 2.5, '0.000001', null, 1e-7],
  output_usd_per_mtok: [10, 10, '0.6', null, 1e21],
  effective_from: [null, null, '2099-01-01T00:00:00Z', '0001-01-01T00:00:00Z', 'tomorrow'],
  effective_until: [null, null, '9999-12-31T23:59:59.999Z'],
  from: ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '0001-01-01T00:00:00Z', 'yesterday'],
  to: [null, null, '2099-01-01T00:00:00Z', '2001-01-01T00:00:00Z'],
  at: ['2099-01-01T00:00:00Z', '2001-01-01T00:00:00+02:00', 'now'],
  provider: ['openai', 'openai', 'OpenAI', 'my-vllm', 'Google', 'not a provider', 'x'.repeat(64)],

  credits: [1, 2, '3', 50, 0, -1, 1.5, 1_000_000_000_001],
  credits_allocated: [0, 10, '5000', 1_000_000, -1],
  refund: [{ credits: 1, job_id: null }, { credits: 1 }, { credits: null }],
  payment_type: ['subscription', 'one_time', 'gift'],
  payment_amount_usd: [0, 9.99, '10', -1, 1e-9, 1e21],
  refill_period: ['daily', 'weekly', 'monthly', 'hourly'],
  budget_mode: ['job_based', 'consumption_usd', 'consumption_tokens', 'by_mood'],
  credits_per_dollar: [10, 0.005, '2.5', 0, -1, 1e30, 1e-9],
  idempotency_key: ['once', 'twice', ' ', 'x'.repeat(201)],

  api_key: ['sk-proj-0123456789', 'sk-1', '', 'sk 1', 'sk-\u0000'],
  credential_name: ['Production', 'Test'],
  api_base: ['https://llm.example.com/v1', '', null, 'https://169.254.169.254/', 'http://llm.example.com', 'x'],
  overlap: ['0s', '', '1h', '1d', '293Y', '-1s'],

  period: ['2026', '2026', '2026-01', '2026-01-31', '2026-02-30', '0000', '9999'],
  start_date: ['2026-01-01', '2026-01-31T12:00:00Z', '2026-01-31T12:00:00', '2026-02-30', '9999-12-31'],
  end_date: ['2026-12-31', '2099-01-31T12:00:00+05:30', '0001-01-01', '9998-12-31'],
  reason: ['Because.', 'no \0', '\ud800'],

  message: [
    { role: 'user', content: 'Say hello.' },
    { role: 'user', content: 'half \ud800 of a pair, and \0' },
    { role: 'user', content: [{ type: 'image_url' }, 7, null] },
    { '\udfff': { '\0': '\ud800' } },
  ],
  messages: [
    [{ role: 'user', content: 'Say hello.' }],
    [
      { role: 'system', content: '' },
      { role: 'user', content: 'half \ud800 of a pair, and \0' },
    ],
    [{ role: 'user', content: [{ type: 'image_url' }, 7, null] }, { '\udfff': { '\0': '\ud800' } }],
    [{}],
    [],
  ],
  ...Object.fromEntries(
    ['llm_call', 'llm_call_stream', 'create_and_call', 'create_and_call_stream'].map((body) => [body, calls()]),
  ),
};

/** What calls of jobs name; those that fail are the stand-in gateway's. */
function calls(): readonly unknown[] {
  const served = ['openai/gpt-4o-mini', GROUP, 'half \ud800', 'x'.repeat(255)];
  const failing = ['nobody-knows', 'refused/limited', 'broken/provider', 'broken/answer', 'broken/stream'];
  return [
    ...[...served, ...served, ...failing].map((model) => ({ model, model_group: null })),
    { model: undefined, model_group: GROUP },
    { model: GROUP, model_group: GROUP },
  ];
}

/** What the generator of requests is told about fields of the API. */
export function fuzzHints(rootId: string): (field: string) => readonly unknown[] | undefined {
  const ofRoot: Readonly<Record<string, readonly unknown[]>> = { admin_user_id: [rootId] };
  return (field) => ofRoot[field] ?? (Object.hasOwn(HINTS, field) ? HINTS[field] : undefined);
}
