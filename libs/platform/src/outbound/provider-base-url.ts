import type { AddressPolicy } from './address-policy.js';
import { checkOutboundUrl } from './outbound-url.js';

/** What a base URL of somebody else turned out to be: in normal form, without a slash at its end, or why it is none. */
export type CheckedBaseUrl = { readonly baseUrl: string } | { readonly reason: string };

/**
 * Reads the address of a provider's API that somebody else named. Paths are appended to it, so it may hold neither query
 * nor fragment. Judged when it is saved and again, with what its name resolves to, when it is connected to.
 */
export function checkProviderBaseUrl(text: string, policy: AddressPolicy): CheckedBaseUrl {
  if (/[?#]/.test(text)) return { reason: 'must not carry a query or fragment' };
  const checked = checkOutboundUrl(text, policy);
  return 'reason' in checked ? checked : { baseUrl: checked.url.href.replace(/\/+$/, '') };
}
