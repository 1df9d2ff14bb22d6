import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';

/** Attempts that are counted together, and how many of them may fail in a window. */
export interface AttemptBucket {
  /** SHA-256, hexadecimal: neither accounts nor addresses can be read out of the table. */
  readonly key: string;
  readonly attemptsMax: number;
}

export const failuresPerAccountMax = 10;
export const failuresPerAddressMax = 50;

/**
 * Where an attempt counts, in this order: the account as tried from this address, then the address as such. Never the
 * account alone: a stranger could then lock its owner out.
 */
export function attemptBuckets(account: string, ip: string): [AttemptBucket, AttemptBucket] {
  const network = networkOf(ip);
  return [
    { key: keyOf('account', account, network), attemptsMax: failuresPerAccountMax },
    { key: keyOf('address', network), attemptsMax: failuresPerAddressMax },
  ];
}

/** An IPv4 address, or the /64 of an IPv6 address, of which anybody has as many as he likes. */
export function networkOf(ip: string): string {
  const [address = ''] = ip.toLowerCase().split('%', 1);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}

function keyOf(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
