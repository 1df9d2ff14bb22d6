import { createHash, timingSafeEqual } from 'node:crypto';

/** SHA-256 of a text, the form in which a credential is compared. */
export function digestText(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

/** Compares two texts in a time that depends on neither their content nor where they differ. */
export function timingSafeEqualText(left: string, right: string): boolean {
  return timingSafeEqual(digestText(left), digestText(right));
}
