import type { IncomingHttpHeaders } from 'node:http';

/** What follows `Bearer`, in any case, where the header has exactly these two parts. */
export function bearerOf({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /^bearer ([^\s]+)$/i.exec(authorization)?.[1];
}

/** How the values of virtual keys begin. No JWT does. */
const VIRTUAL_KEY_PREFIX = 'sk-';

/** Whether a bearer credential is meant as a virtual key. */
export function isVirtualKey(bearer: string | undefined): boolean {
  return bearer?.startsWith(VIRTUAL_KEY_PREFIX) === true;
}
