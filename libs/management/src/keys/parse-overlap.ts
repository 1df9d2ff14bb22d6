import { parseDuration } from '@penstock/domain';

const ZERO = /^\+?0+(\.0*)?(ns|us|\u00b5s|\u03bcs|ms|s|m|h|d|w|M|Y)?$/;

/**
 * How long a replaced value works on, in milliseconds: a duration of the contract's grammar, or nothing, as in `0s`.
 *
 * @throws DurationError
 */
export function parseOverlap(text: string): number {
  return ZERO.test(text) ? 0 : parseDuration(text);
}
