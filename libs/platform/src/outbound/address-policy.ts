import ipaddr from 'ipaddr.js';

import type { ConfigProblem } from '../config/config-error.js';

/** A network: its base address and the length of its prefix. */
export type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** A list of networks cannot be read. */
export class NetworkListError extends Error {
  override readonly name = 'NetworkListError';
}

/** Public in the address plan, yet only ever a machine of the own cloud: the metadata agent of Azure. */
const METADATA_IN_PUBLIC_SPACE: readonly Network[] = [ipaddr.parseCIDR('168.63.129.16/32')];
/** All that is handed out as public IPv6; whatever lies outside is special today or was one day. */
const PUBLIC_IPV6: Network = ipaddr.parseCIDR('2000::/3');

/** Reads networks in CIDR notation. @throws NetworkListError for what is none */
export function parseNetworks(texts: readonly string[]): Network[] {
  return texts.map((text) => {
    if (!ipaddr.isValidCIDR(text)) {
      throw new NetworkListError(`"${text.slice(0, 60)}" is not a network such as 10.0.0.0/8 or fd00::/8`);
    }
    return ipaddr.parseCIDR(text);
  });
}

/** A variable that lists networks which the operator of the installation vouches for. */
export type AllowedNetworksVariable = 'PENSTOCK_WEBHOOK_ALLOWED_NETWORKS' | 'PENSTOCK_PROVIDER_ALLOWED_NETWORKS';

/** What is wrong with such a variable, for the check of a configuration. */
export function allowedNetworksProblems(
  networks: readonly string[],
  variable: AllowedNetworksVariable = 'PENSTOCK_WEBHOOK_ALLOWED_NETWORKS',
): ConfigProblem[] {
  try {
    parseNetworks(networks);
    return [];
  } catch (error) {
    if (!(error instanceof NetworkListError)) throw error;
    return [{ variable, reason: error.message }];
  }
}

/** Whether a connection to an address is fit for this transport. */
export type AddressVerdict = 'allowed' | 'not_public' | 'needs_https';

/**
 * Which addresses the house connects to when somebody else names the target. Public unicast only, in the clear never:
 * networks that the operator of the installation vouches for are the exception to both.
 */
export class AddressPolicy {
  constructor(
    private readonly vouched: readonly Network[] = [],
    private readonly variable: AllowedNetworksVariable = 'PENSTOCK_WEBHOOK_ALLOWED_NETWORKS',
  ) {}

  /** Whether there is any target that may be spoken to in the clear. */
  get vouchesForAny(): boolean {
    return this.vouched.length > 0;
  }

  /** The words for a verdict; without the address, which would tell what a name resolves to inside. */
  reasonOf(verdict: Exclude<AddressVerdict, 'allowed'>): string {
    return verdict === 'not_public'
      ? 'points to an address that is not public'
      : `must start with https://; http is for networks in ${this.variable}`;
  }

  /** `address` as a resolver or a parsed URL gives it; anything that is no address is not public. */
  judge(address: string, isEncrypted: boolean): AddressVerdict {
    if (!ipaddr.isValid(address) || isIpv4Compatible(address)) return 'not_public';
    // IPv4 in the clothes of IPv6 (::ffff:127.0.0.1) is judged as what it is.
    const parsed = ipaddr.process(address);
    if (this.vouched.some((network) => isWithin(parsed, network))) return 'allowed';
    if (!isPublic(parsed)) return 'not_public';
    return isEncrypted ? 'allowed' : 'needs_https';
  }
}

/** `::127.0.0.1`: long out of use, and the library takes it for the address that it embeds. */
function isIpv4Compatible(address: string): boolean {
  return address.includes(':') && address.includes('.') && !/^::ffff:/i.test(address);
}

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false;
  if (METADATA_IN_PUBLIC_SPACE.some((network) => isWithin(address, network))) return false;
  return address.kind() === 'ipv4' || isWithin(address, PUBLIC_IPV6);
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, [base, bits]: Network): boolean {
  return address.kind() === base.kind() && address.match(base, bits);
}
