import path from 'node:path';

/** What the banner shows. */
export interface BannerFacts {
  readonly gatewayUrl: string;
  readonly governanceUrl: string;
  readonly adminUrl: string;
  readonly workerUrl: string;
  readonly databasePlace: string;
  readonly redisPlace: string;
  readonly provider: string;
  readonly virtualKey: string;
  readonly model: string;
  readonly credentialsFile: string;
}

/** The command of the banner; it works as pasted. */
export function curlCommand({
  gatewayUrl,
  virtualKey,
  model,
}: Pick<BannerFacts, 'gatewayUrl' | 'virtualKey' | 'model'>): string {
  const body = { model, max_tokens: 64, messages: [{ role: 'user', content: 'Say hello.' }] };
  return [
    `curl -N ${gatewayUrl}/v1/chat/completions \\`,
    `  -H 'Authorization: Bearer ${virtualKey}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${JSON.stringify(body)}'`,
  ].join('\n');
}

/** What a user sees when everything is ready. */
export function banner(facts: BannerFacts): string {
  const rows: [string, string][] = [
    ['gateway', `${facts.gatewayUrl}   also /api/governance and /api`],
    ['governance', facts.governanceUrl],
    ['admin', facts.adminUrl],
    ['worker', facts.workerUrl],
    ['provider', facts.provider],
    ['stores', `PostgreSQL ${facts.databasePlace}, Redis ${facts.redisPlace}`],
    ['credentials', path.relative(process.cwd(), facts.credentialsFile) || facts.credentialsFile],
  ];
  return [
    '',
    'Penstock is ready.',
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(12)} ${value}`),
    '',
    'A chat completion through the demo key (add "stream": true to the body for a stream):',
    '',
    curlCommand(facts),
    '',
    'Ctrl-C stops everything in order and keeps the data.',
    '',
    '',
  ].join('\n');
}
