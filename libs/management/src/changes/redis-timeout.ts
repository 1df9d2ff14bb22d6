/** Operators wait for this service, not calls: a busy Redis may take longer than in the gateway's request path. */
export const REDIS_TIMEOUT_MS = 500;
