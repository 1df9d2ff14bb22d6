import type { RequestContext } from '../context/request-context.js';

/** Whether the caller may see the value of a secret that is his to manage: owner, admin and master key, not a user. */
export function mayReveal({ actor }: Pick<RequestContext, 'actor'>): boolean {
  return actor.kind === 'operator' && actor.role !== 'user';
}
