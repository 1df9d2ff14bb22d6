import type { IncomingHttpHeaders } from 'node:http';

import { AppError } from '@penstock/domain';

/** Error shape of an answer: Bifrost's flat object, or OpenAI's nested one. */
export type Dialect = 'bifrost' | 'openai';

/** A virtual key as the caller presented it, and the dialect in which that caller reads errors. */
export interface Credential {
  readonly value: string;
  readonly header: 'x-bf-vk' | 'authorization' | 'x-api-key' | 'x-goog-api-key';
}

/** The dialect follows the credential: who sends `x-bf-vk` speaks Bifrost, everybody else comes with an SDK. */
export function dialectOf(headers: IncomingHttpHeaders): Dialect {
  return headers['x-bf-vk'] === undefined ? 'openai' : 'bifrost';
}

/** No key of ours is longer; a longer one is refused before it costs a hash. */
const KEY_CHARS_MAX = 512;

/**
 * Finds the virtual key of a request. `x-bf-vk` wins over the headers that SDKs send on their own.
 *
 * @throws AppError `virtual_key_required` without any credential, `virtual_key_empty` for a header without a value.
 */
export function readCredential(headers: IncomingHttpHeaders): Credential {
  const own = headers['x-bf-vk'];
  if (own !== undefined) return checked(typeof own === 'string' ? own : '', 'x-bf-vk');

  const authorization = headers.authorization;
  if (authorization !== undefined) {
    const isBearer = authorization.length >= 7 && authorization.slice(0, 7).toLowerCase() === 'bearer ';
    return checked(isBearer ? authorization.slice(7) : '', 'authorization');
  }

  const apiKey = headers['x-api-key'];
  if (apiKey !== undefined) return checked(typeof apiKey === 'string' ? apiKey : '', 'x-api-key');

  const googKey = headers['x-goog-api-key'];
  if (googKey !== undefined) return checked(typeof googKey === 'string' ? googKey : '', 'x-goog-api-key');

  throw new AppError('virtual_key_required', {
    detail: 'Send a virtual key in Authorization: Bearer, x-bf-vk, x-api-key or x-goog-api-key.',
  });
}

function checked(raw: string, header: Credential['header']): Credential {
  const value = raw.trim();
  if (value === '') {
    throw new AppError('virtual_key_empty', { detail: `The header ${header} is there but holds no virtual key.` });
  }
  if (value.length > KEY_CHARS_MAX) {
    throw new AppError('virtual_key_not_found', { detail: 'This virtual key is not known.' });
  }
  return { value, header };
}
