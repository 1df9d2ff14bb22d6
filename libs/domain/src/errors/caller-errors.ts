import type { CatalogueEntry } from './catalogue-entry.js';

/** The caller's credential or request is not acceptable. */
export const callerErrors = {
  virtual_key_required: {
    status: 400,
    openAiType: 'invalid_request_error',
    bifrostType: 'virtual_key_required',
    title: 'A virtual key is required.',
    remedy: 'Send your virtual key in the x-bf-vk header or as Authorization: Bearer.',
    explanation:
      'The call carried no credential in any of x-bf-vk, Authorization, x-api-key and x-goog-api-key. The gateway serves no ungoverned calls.',
    isRetryable: false,
    logLevel: 'info',
  },
  virtual_key_empty: {
    status: 400,
    openAiType: 'invalid_request_error',
    bifrostType: 'virtual_key_required',
    title: 'The credential header is present but empty.',
    remedy: 'Put the virtual key into the header; often an environment variable is unset where the client runs.',
    explanation:
      'A credential header was sent without a value. That is nearly always an unset variable, so it is refused rather than treated as absent.',
    isRetryable: false,
    logLevel: 'info',
  },
  virtual_key_not_found: {
    status: 403,
    statusBearer: 401,
    openAiType: 'authentication_error',
    bifrostType: 'virtual_key_not_found',
    title: 'The virtual key is not valid.',
    remedy: 'Check that the key is complete and has not been deleted, or ask an operator for a new one.',
    explanation:
      'No virtual key has this value. Keys are compared by a keyed hash, so a truncated key, a key of another installation and a deleted key all end here.',
    isRetryable: false,
    logLevel: 'info',
  },
  virtual_key_blocked: {
    status: 403,
    statusBearer: 401,
    openAiType: 'permission_error',
    bifrostType: 'virtual_key_blocked',
    title: 'The virtual key is not active.',
    remedy: 'Ask an operator to activate the key.',
    explanation:
      'The key exists but its is_active flag is false. The flag governs the very next call on every gateway.',
    isRetryable: false,
    logLevel: 'info',
  },
  call_cut: {
    status: 403,
    openAiType: 'permission_error',
    bifrostType: 'call_cut',
    title: 'The call was ended because its virtual key may not be used any more.',
    remedy: 'Ask an operator whether the key is to be used again; the answer up to here was charged.',
    explanation:
      'The tenant has the stream policy "cut", and while the call was running its key was deactivated or deleted, or expired. In a stream this comes as its last event. What was generated until then is charged; an answer that comes in one piece is charged at what was reserved, because nobody knows how far it was.',
    isRetryable: false,
    logLevel: 'info',
  },
  virtual_key_expired: {
    status: 403,
    statusBearer: 401,
    openAiType: 'permission_error',
    title: 'The virtual key has expired.',
    remedy: 'Use the new value if the key was rotated, or ask an operator for a later expires_at.',
    explanation:
      'The key has an expires_at that has passed, or the value that was sent was replaced by a rotation whose overlap is over. Each gateway compares with its own clock at every call.',
    isRetryable: false,
    logLevel: 'info',
  },
  ip_not_allowed: {
    status: 403,
    openAiType: 'permission_error',
    title: 'The virtual key may not be used from this address.',
    remedy: 'Call from an address in allowed_ips of the key, or ask an operator to extend the list.',
    explanation:
      'The key has a list of allowed addresses without the one the call came from. Behind a load balancer that is the balancer itself, unless PENSTOCK_TRUSTED_PROXIES names it: only then is X-Forwarded-For believed.',
    isRetryable: false,
    logLevel: 'info',
  },
  model_blocked: {
    status: 403,
    openAiType: 'permission_error',
    bifrostType: 'model_blocked',
    title: 'The virtual key may not use this model.',
    remedy: 'Use one of the models the key allows, or ask an operator to extend allowed_models.',
    explanation:
      'The key, or its config of the provider, has a list of allowed models and the name after the provider prefix is not exactly one of them; `allowed` has up to 50 that are. An empty list allows every model.',
    isRetryable: false,
    logLevel: 'info',
  },
  provider_blocked: {
    status: 403,
    openAiType: 'permission_error',
    bifrostType: 'provider_blocked',
    title: 'The virtual key may not use this provider.',
    remedy: 'Use a model of a provider the key allows, or ask an operator to extend allowed_providers.',
    explanation:
      'The key has a list of allowed providers, or provider configs, without the one the model belongs to; `allowed` has those that are in it. A bare model name is resolved to its provider by the price catalogue first.',
    isRetryable: false,
    logLevel: 'info',
  },
  model_not_permitted: {
    status: 403,
    openAiType: 'permission_error',
    bifrostType: 'model_blocked',
    title: 'The team of the virtual key may not use this model.',
    remedy:
      'Use one of the names in `allowed`, or ask an operator to assign a model group or access group to the team.',
    explanation:
      'The models of the team are assigned to it: it may use the names of its model groups, the aliases of its access groups and the models that these lead to, as far as they are active, and nothing else; `allowed` has up to 50 of them. When it is empty, nothing is assigned to the team.',
    isRetryable: false,
    logLevel: 'info',
  },
  model_unpriced: {
    status: 403,
    openAiType: 'permission_error',
    bifrostType: 'model_unpriced',
    title: 'The price of this model is unknown, so its budget cannot be kept.',
    remedy: 'Ask an operator to set a price for the model (or to mark it free), or use a model that has one.',
    explanation:
      'A budget applies to the key, its team or its customer, and neither the catalogue nor an operator override prices the model. Unknown is not zero: the call is refused instead of being counted as free.',
    isRetryable: false,
    logLevel: 'info',
  },
  model_not_found: {
    status: 404,
    openAiType: 'not_found_error',
    title: 'No provider is known for this model.',
    remedy: 'Check the name, or write it with its provider, such as openai/gpt-4o.',
    explanation:
      'The name has no provider prefix and the catalogue cannot tell whose it is. Names with a prefix are passed on even when the catalogue does not list them.',
    isRetryable: false,
    logLevel: 'info',
  },
  provider_not_configured: {
    status: 400,
    openAiType: 'invalid_request_error',
    bifrostType: 'provider_not_configured',
    title: 'The provider of this model is not configured here.',
    remedy: 'Use a model of a configured provider, or ask an operator to add the provider and its key.',
    explanation: 'The provider is known by name, but this installation has no base URL or API key for it.',
    isRetryable: false,
    logLevel: 'info',
  },
  request_invalid: {
    status: 400,
    openAiType: 'invalid_request_error',
    bifrostType: 'invalid_request_error',
    title: 'The request is not valid.',
    remedy: 'Correct the field that the message names.',
    explanation:
      'A fact the gateway must know is missing, has the wrong type or stands twice, such as model, messages or max_tokens. Everything else in the body is left to the provider.',
    isRetryable: false,
    logLevel: 'info',
  },
  request_malformed_json: {
    status: 400,
    openAiType: 'invalid_request_error',
    bifrostType: 'invalid_request_error',
    title: 'The body is not valid JSON.',
    remedy: 'Send a JSON object with Content-Type: application/json; check quoting in shells.',
    explanation:
      'The body could not be parsed, is not UTF-8, or its top level is not an object. Nothing was reserved or counted.',
    isRetryable: false,
    logLevel: 'info',
  },
  request_too_large: {
    status: 413,
    openAiType: 'invalid_request_error',
    bifrostType: 'invalid_request_error',
    title: 'The body is larger than this gateway accepts.',
    remedy: 'Shorten the conversation or send images by URL instead of inline.',
    explanation: 'The body exceeds the configured limit. Reading stopped there; nothing was reserved or counted.',
    isRetryable: false,
    logLevel: 'info',
  },
  not_found: {
    status: 404,
    openAiType: 'not_found_error',
    title: 'There is nothing at this address.',
    remedy: 'Check the path and the id.',
    explanation:
      'Either no route has this path, or no entity the caller may see has this id. The two read the same, so that ids of other tenants cannot be probed.',
    isRetryable: false,
    logLevel: 'info',
  },
  method_not_allowed: {
    status: 405,
    openAiType: 'invalid_request_error',
    title: 'This address does not support the method.',
    remedy: 'Check the method against the API reference; completions are POST.',
    explanation: 'The path exists, but not for this HTTP method. The Allow header lists what it supports.',
    isRetryable: false,
    logLevel: 'info',
  },
} as const satisfies Record<string, CatalogueEntry>;
