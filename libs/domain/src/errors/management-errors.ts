import type { CatalogueEntry } from './catalogue-entry.js';

/** Operators' requests that cannot be carried out. */
export const managementErrors = {
  rotation_under_way: {
    status: 409,
    openAiType: 'invalid_request_error',
    title: 'The value before still works because of an earlier rotation.',
    remedy: 'Wait until the overlap ends, or rotate without overlap: then every older value ends at once.',
    explanation:
      'A key has at most two values that work. Another rotation with an overlap would end the older of them early, which somebody was told would go on working: a second click on the same button must not cut applications off.',
    isRetryable: false,
    logLevel: 'info',
  },
  authentication_required: {
    status: 401,
    openAiType: 'authentication_error',
    title: 'A credential is required.',
    remedy: 'Send the credential that this route takes: the sentence above and the API document name it.',
    explanation:
      'Management routes are never open. Most take X-Admin-Key or a token of an operator, those about one’s own account only a token, and routes of teams the virtual key of the team. The request had none that this route takes.',
    isRetryable: false,
    logLevel: 'info',
  },
  authentication_invalid: {
    status: 401,
    openAiType: 'authentication_error',
    title: 'The credential is not valid here.',
    remedy:
      'Check the key, or log in again when a token has expired. The virtual key of a team opens only the routes of teams.',
    explanation:
      'The credential is unknown, expired or revoked; the answer does not say which. The attempt is audited.',
    isRetryable: false,
    logLevel: 'info',
  },
  forbidden: {
    status: 403,
    openAiType: 'permission_error',
    title: 'The credential does not permit this.',
    remedy: 'Ask an operator with the permission.',
    explanation: 'The caller is known but lacks the permission of the route.',
    isRetryable: false,
    logLevel: 'info',
  },
  already_exists: {
    status: 400,
    openAiType: 'invalid_request_error',
    title: 'It already exists.',
    remedy: 'Use another id, or update the existing one.',
    explanation: 'A unique value of the new entity is taken.',
    isRetryable: false,
    logLevel: 'info',
  },
  model_config_exists: {
    status: 409,
    openAiType: 'invalid_request_error',
    title: 'There is a config of this model for this owner already.',
    remedy: 'Change the limits of the existing model config; GET /api/governance/model-configs finds it.',
    explanation:
      'A key, team or customer has at most one model config for a model and a provider; one without provider is another one. Several budgets go into the same config.',
    isRetryable: false,
    logLevel: 'info',
  },
  name_taken: {
    status: 400,
    openAiType: 'invalid_request_error',
    title: 'The name is already taken.',
    remedy: 'Choose another name.',
    explanation: 'Names of this kind of entity are unique. Names of teams and customers are not.',
    isRetryable: false,
    logLevel: 'info',
  },
  reference_dangling: {
    status: 400,
    openAiType: 'invalid_request_error',
    title: 'The request refers to something that does not exist.',
    remedy: 'Create it first, or correct the id.',
    explanation: 'A team_id, customer_id or other reference names no entity. Nothing was written.',
    isRetryable: false,
    logLevel: 'info',
  },
  still_in_use: {
    status: 409,
    openAiType: 'invalid_request_error',
    title: 'It is still in use.',
    remedy: 'Delete or move what belongs to it first, or delete all of it with ?cascade=true.',
    explanation: 'A team has virtual keys, or a customer has teams or keys. Without it they would go on spending.',
    isRetryable: false,
    logLevel: 'info',
  },
  default_team: {
    status: 400,
    openAiType: 'invalid_request_error',
    title: 'The default team goes only with its organization.',
    remedy: 'Suspend or pause the team, or delete the organization.',
    explanation: 'An organization that was made with a default team keeps it as long as it lives. Nothing was changed.',
    isRetryable: false,
    logLevel: 'info',
  },
  managed_by_admin: {
    status: 409,
    openAiType: 'invalid_request_error',
    title: 'It is managed by the admin API.',
    remedy: 'Delete the organization or the team there.',
    explanation:
      'A customer that is an organization, a team of an organization, or the virtual key that was made with such a team was to be deleted or moved through governance. Credits, models and books hang on it that governance does not know, so only the admin API takes it away, whole. Limits, names and the state of the key can be changed here. Nothing was changed.',
    isRetryable: false,
    logLevel: 'info',
  },
  still_attached: {
    status: 409,
    openAiType: 'invalid_request_error',
    title: 'It still spends from a shared budget.',
    remedy: 'Detach it from the shared budgets that the answer names, then move it.',
    explanation:
      'A key or team that is attached to a shared budget was to be moved to another customer. The counters of a shared budget lie with one customer, and a cap cannot be kept over two, so the move is refused. Nothing was changed.',
    isRetryable: false,
    logLevel: 'info',
  },
  ownership_conflict: {
    status: 400,
    openAiType: 'invalid_request_error',
    title: 'A virtual key cannot be attached to both a team and a customer.',
    remedy: 'Send either team_id or customer_id; a key of a team belongs to the customer of the team already.',
    explanation: 'The path of limits from a key upwards must be a line, so a key has one owner.',
    isRetryable: false,
    logLevel: 'info',
  },
  validation_failed: {
    status: 400,
    openAiType: 'invalid_request_error',
    title: 'The request has invalid fields.',
    remedy: 'Correct the fields that the message names.',
    explanation:
      'Types are strict and nothing is coerced: a number for a name is an error. All problems are listed at once.',
    isRetryable: false,
    logLevel: 'info',
  },
} as const satisfies Record<string, CatalogueEntry>;
