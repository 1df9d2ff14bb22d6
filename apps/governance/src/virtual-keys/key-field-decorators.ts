import { DurationError, IpRangeError, normalizeIpRange, parseInstant } from '@penstock/domain';
import { parseOverlap } from '@penstock/management';

import { reasonAgainstText, rule } from '../limits/field-decorators.js';

const IP_RANGES_MAX = 200;
const TAGS_MAX = 50;
const TAG_LENGTH_MAX = 64;

/** An RFC 3339 timestamp, or an empty text for none. */
export function IsEnd(): PropertyDecorator {
  return rule('isEnd', (value) =>
    typeof value === 'string' && (value === '' || parseInstant(value) !== undefined)
      ? undefined
      : 'must be a timestamp such as "2026-01-31T00:00:00Z", or empty',
  );
}

/** IPv4 and IPv6 addresses and CIDR ranges. */
export function IsIpRangeList(): PropertyDecorator {
  return rule('isIpRangeList', (value) => {
    if (!Array.isArray(value)) return 'must be an array of addresses and ranges';
    if (value.length > IP_RANGES_MAX) return `must not have more than ${IP_RANGES_MAX} entries`;
    for (const entry of value as unknown[]) {
      if (typeof entry !== 'string') return 'must be an array of strings';
      try {
        normalizeIpRange(entry);
      } catch (error) {
        if (error instanceof IpRangeError) return `is refused: ${error.message}`;
        throw error;
      }
    }
    return undefined;
  });
}

/** Short texts, each once. */
export function IsTagList(): PropertyDecorator {
  return rule('isTagList', (value) => {
    if (!Array.isArray(value)) return 'must be an array of strings';
    if (value.length > TAGS_MAX) return `must not have more than ${TAGS_MAX} entries`;
    for (const entry of value as unknown[]) {
      const reason = reasonAgainstText(entry, { lengthMax: TAG_LENGTH_MAX });
      if (reason !== undefined) return `must be an array of strings: an entry ${reason}`;
    }
    return new Set(value).size === value.length ? undefined : 'must not name a tag twice';
  });
}

/** A duration of the contract's grammar, or zero. */
export function IsOverlap(): PropertyDecorator {
  return rule('isOverlap', (value) => {
    if (typeof value !== 'string') return 'must be a string such as "0s" or "1d"';
    try {
      parseOverlap(value);
      return undefined;
    } catch (error) {
      if (error instanceof DurationError) return `is refused: ${error.message}`;
      throw error;
    }
  });
}
