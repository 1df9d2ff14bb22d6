import type { CatalogueEntry } from './catalogue-entry.js';

/** The model catalogue of operators: model groups, aliases and access groups. */
export const modelErrors = {
  in_use: {
    status: 400,
    openAiType: 'invalid_request_error',
    title: 'It is in use.',
    remedy: 'Take it away from the teams that the message names first.',
    explanation:
      'A model group or an access group that teams have is not deleted under them: their calls would be refused without anybody having said so. Nothing was changed.',
    isRetryable: false,
    logLevel: 'info',
  },
  model_group_unavailable: {
    status: 403,
    openAiType: 'permission_error',
    title: 'The model group leads to no model at the moment.',
    remedy: 'Ask an operator to activate the group, or a model in it.',
    explanation: 'The team has the model group, but the group is inactive or none of its models is active.',
    isRetryable: false,
    logLevel: 'info',
  },
} as const satisfies Record<string, CatalogueEntry>;
