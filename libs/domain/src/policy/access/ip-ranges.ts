/** A text that is neither an address nor a range; the message names it. */
export class IpRangeError extends Error {
  override readonly name = 'IpRangeError';

  constructor(text: string) {
    super(
      `"${text.slice(0, 80)}" is neither an IP address nor a range. Use "203.0.113.7", "203.0.113.0/24" or "2001:db8::/32".`,
    );
  }
}

interface Address {
  readonly family: 4 | 6;
  readonly bits: bigint;
}

interface Range extends Address {
  /** Leading bits that decide. */
  readonly prefixLength: number;
}

const BITS = { 4: 32, 6: 128 } as const;
/** `::ffff:0:0/96`: IPv4 as an IPv6 socket shows it. */
const MAPPED_PREFIX = 0xffffn;
const MAPPED_PREFIX_LENGTH = 96;
const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
/** No leading zeros: some programs read them as octal. */
const IPV4 = new RegExp(String.raw`^${OCTET}(?:\.${OCTET}){3}$`);
/** More than the longest range in its longest form, with blanks around it. */
const TEXT_LENGTH_MAX = 64;
const IPV6_GROUP = /^[0-9a-f]{1,4}$/i;

/** A set of IPv4 and IPv6 ranges. An IPv4-mapped IPv6 address counts as its IPv4 address, in ranges and in questions. */
export class IpRanges {
  private constructor(private readonly ranges: readonly Range[]) {}

  /** @throws IpRangeError */
  static parse(texts: readonly string[]): IpRanges {
    return new IpRanges(texts.map(parseRange));
  }

  /** False for a text that is no address: who cannot be told is not let in. */
  contains(text: string): boolean {
    const address = parseAddress(text);
    if (address === undefined) return false;
    return this.ranges.some(
      ({ family, bits, prefixLength }) =>
        family === address.family && networkOf(address, prefixLength) === networkOf({ family, bits }, prefixLength),
    );
  }
}

/**
 * The one text of a range: no bits beyond the prefix, IPv6 in its short form (RFC 5952), no prefix length where the
 * range is a single address.
 *
 * @throws IpRangeError
 */
export function normalizeIpRange(text: string): string {
  const { family, bits, prefixLength } = parseRange(text);
  const hostBits = BigInt(BITS[family] - prefixLength);
  const network = (bits >> hostBits) << hostBits;
  const address = family === 4 ? ipv4Text(network) : ipv6Text(network);
  return hostBits === 0n ? address : `${address}/${prefixLength}`;
}

function parseRange(text: string): Range {
  if (text.length > TEXT_LENGTH_MAX) throw new IpRangeError(text);
  const [addressText = '', lengthText, ...rest] = text.trim().split('/');
  const raw = rest.length === 0 ? parseRawAddress(addressText) : undefined;
  if (raw === undefined) throw new IpRangeError(text);
  const prefixLength = lengthText === undefined ? BITS[raw.family] : parsePrefixLength(lengthText, raw.family);
  if (prefixLength === undefined) throw new IpRangeError(text);
  const mapped = unmapped(raw);
  if (mapped === raw || prefixLength < MAPPED_PREFIX_LENGTH) return { ...raw, prefixLength };
  return { ...mapped, prefixLength: prefixLength - MAPPED_PREFIX_LENGTH };
}

function parsePrefixLength(text: string, family: 4 | 6): number | undefined {
  if (!/^\d{1,3}$/.test(text)) return undefined;
  const length = Number(text);
  return length <= BITS[family] ? length : undefined;
}

function parseAddress(text: string): Address | undefined {
  const address = parseRawAddress(text);
  return address === undefined ? undefined : unmapped(address);
}

function parseRawAddress(text: string): Address | undefined {
  if (IPV4.test(text)) return { family: 4, bits: ipv4Bits(text) };
  const groups = ipv6Groups(text);
  return groups === undefined
    ? undefined
    : { family: 6, bits: groups.reduce((bits, group) => (bits << 16n) | group, 0n) };
}

function unmapped(address: Address): Address {
  if (address.family === 4 || address.bits >> 32n !== MAPPED_PREFIX) return address;
  return { family: 4, bits: address.bits & 0xffff_ffffn };
}

function networkOf({ family, bits }: Address, prefixLength: number): bigint {
  return bits >> BigInt(BITS[family] - prefixLength);
}

function ipv4Bits(text: string): bigint {
  return text.split('.').reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n);
}

/** The eight groups. No zone, as in `fe80::1%eth0`: it names an interface of one host and means nothing in a policy. */
function ipv6Groups(text: string): readonly bigint[] | undefined {
  const [head = '', tail, ...rest] = text.split('::');
  if (rest.length > 0) return undefined;
  const before = groupsOf(head, tail === undefined);
  const after = tail === undefined ? [] : groupsOf(tail, true);
  if (before === undefined || after === undefined) return undefined;
  const zeroCount = 8 - before.length - after.length;
  // `::` stands for at least one group.
  if (tail === undefined ? zeroCount !== 0 : zeroCount < 1) return undefined;
  return [...before, ...Array.from({ length: zeroCount }, () => 0n), ...after];
}

/** The last group of an address may be written as IPv4, which stands for two. */
function groupsOf(text: string, isEnd: boolean): bigint[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: bigint[] = [];
  for (const [index, part] of parts.entries()) {
    if (IPV6_GROUP.test(part)) {
      groups.push(BigInt(`0x${part}`));
    } else if (isEnd && index === parts.length - 1 && IPV4.test(part)) {
      const bits = ipv4Bits(part);
      groups.push(bits >> 16n, bits & 0xffffn);
    } else {
      return undefined;
    }
  }
  return groups;
}

function ipv4Text(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn)).join('.');
}

function ipv6Text(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  const { start, length } = longestZeros(groups);
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

/** The first of the longest runs of zero groups. */
function longestZeros(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== '0') start = index + 1;
    else if (index + 1 - start > longest.length) longest = { start, length: index + 1 - start };
  }
  return longest;
}
