import { isIP } from 'node:net';

import type { AddressPolicy } from './address-policy.js';

const LENGTH_MAX = 2_048;

/** What a URL of somebody else turned out to be: usable, or the reason why not ("must ..."). */
export type CheckedUrl = { readonly url: URL } | { readonly reason: string };

/**
 * Reads a URL that somebody else named as a target. Literal addresses are judged here; a name is judged when it is
 * resolved for a connection, and only then is the answer worth anything.
 */
export function checkOutboundUrl(text: string, policy: AddressPolicy): CheckedUrl {
  if (text.length > LENGTH_MAX) return { reason: `must not be longer than ${LENGTH_MAX} characters` };
  if (!URL.canParse(text)) return { reason: 'must be an absolute URL such as https://example.com/hooks' };
  const url = new URL(text);
  // What is not ASCII is written with percent signs, each byte as three characters.
  if (url.href.length > LENGTH_MAX) return { reason: `must not be longer than ${LENGTH_MAX} characters when encoded` };
  const isEncrypted = url.protocol === 'https:';
  if (!isEncrypted && url.protocol !== 'http:') return { reason: 'must start with https://' };
  if (url.username !== '' || url.password !== '') return { reason: 'must not carry a user name or password' };
  const address = literalAddressOf(url);
  if (address === undefined) {
    return isEncrypted || policy.vouchesForAny ? { url } : { reason: policy.reasonOf('needs_https') };
  }
  const verdict = policy.judge(address, isEncrypted);
  return verdict === 'allowed' ? { url } : { reason: policy.reasonOf(verdict) };
}

/** The address when the host is one. `URL` has already turned 0x7f.1 and 2130706433 into 127.0.0.1. */
function literalAddressOf({ hostname }: URL): string | undefined {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return isIP(bare) === 0 ? undefined : bare;
}
