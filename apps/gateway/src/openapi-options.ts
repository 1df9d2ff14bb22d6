/** Head of the document of the gateway's own routes; governance and admin have theirs. */
export const openApiOptions = {
  title: 'Penstock gateway',
  description:
    'Chat completions under budgets and limits, for any client of OpenAI. Errors come in the dialect of the credential: ' +
    "flat for `x-bf-vk`, OpenAI's nested object for every other. The management APIs are on the same origin under " +
    '`/api/governance` and `/api`, each with a document of its own.',
  securitySchemes: {
    virtualKeyHeader: { type: 'apiKey', in: 'header', name: 'x-bf-vk' },
    bearer: { type: 'http', scheme: 'bearer', description: 'A virtual key.' },
    apiKeyHeader: { type: 'apiKey', in: 'header', name: 'x-api-key' },
    googleApiKeyHeader: { type: 'apiKey', in: 'header', name: 'x-goog-api-key' },
  },
} as const;
