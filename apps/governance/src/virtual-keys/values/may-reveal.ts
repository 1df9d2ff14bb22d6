import type { RequestContext } from '@penstock/platform';

/** Whether the caller may see the values of keys in the clear. */
export function mayReveal(ctx: RequestContext): boolean {
  return ctx.actor.kind === 'operator';
}
