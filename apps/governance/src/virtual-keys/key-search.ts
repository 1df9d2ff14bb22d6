import { VALUE_CLEAR_CHARS, VALUE_PREFIX, VALUE_RANDOM_CHARS } from '@penstock/management';

import { likeLiteral } from '../http/list-page.js';

/** What a search text may be: part of a name, and besides, something of a value. Null matches nothing. */
export interface KeySearch {
  /** Pattern of ILIKE. */
  readonly namePattern: string;
  /** Pattern of LIKE for the first characters of a value after `sk-bf-`. */
  readonly prefixPattern: string | null;
  /** The last characters of a value. */
  readonly hint: string | null;
  /** A whole value. */
  readonly value: string | null;
}

const MASKED = new RegExp(`^${VALUE_PREFIX}\\.\\.\\.([\\w-]{${VALUE_CLEAR_CHARS}})$`);
const VALUE_CHARS = /^[\w-]+$/;

/**
 * Reads a search text. Of the beginning of a value only the first four characters after `sk-bf-` are known; more of it
 * is compared when it is the whole value. A masked value, copied from a list, finds its key too.
 */
export function planKeySearch(search: string): KeySearch {
  const namePattern = `%${likeLiteral(search)}%`;
  const masked = MASKED.exec(search)?.[1];
  if (masked !== undefined) return { namePattern, prefixPattern: null, hint: masked, value: null };
  const isPrefixed = search.startsWith(VALUE_PREFIX);
  const random = isPrefixed ? search.slice(VALUE_PREFIX.length) : search;
  if (isPrefixed && random.length >= VALUE_RANDOM_CHARS) {
    return { namePattern, prefixPattern: null, hint: null, value: search };
  }
  const isBeginning = VALUE_CHARS.test(random) && (isPrefixed || random.length <= VALUE_CLEAR_CHARS);
  return {
    namePattern,
    prefixPattern: isBeginning ? `${likeLiteral(random.slice(0, VALUE_CLEAR_CHARS))}%` : null,
    hint: !isPrefixed && random.length === VALUE_CLEAR_CHARS ? random : null,
    value: null,
  };
}
