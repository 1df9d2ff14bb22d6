import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

import type { AddressPolicy } from './address-policy.js';

/** A name resolved to where we do not connect. */
export class RefusedAddressError extends Error {
  override readonly name = 'RefusedAddressError';
}

/** Resolves a name to all its addresses. */
export type ResolveAll = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A `lookup` for connections: what it hands out is what is connected to, so a name that resolved to a public address
 * a moment ago (DNS rebinding) gains nothing. One address out of place refuses the name as a whole.
 */
export function guardedLookup(
  policy: AddressPolicy,
  isEncrypted: boolean,
  resolve: ResolveAll = systemLookup,
): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        done(error, []);
        return;
      }
      for (const { address } of addresses) {
        const verdict = policy.judge(address, isEncrypted);
        if (verdict !== 'allowed') {
          done(new RefusedAddressError(policy.reasonOf(verdict)), []);
          return;
        }
      }
      const [first] = addresses;
      if (options.all === true) done(null, addresses);
      else if (first === undefined) done(new RefusedAddressError(policy.reasonOf('not_public')), []);
      else done(null, first.address, first.family);
    });
  };
}
