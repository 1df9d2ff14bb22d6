import { createHmac } from 'node:crypto';

import { revealSecret, type Secret } from '../config/secret.js';
import { timingSafeEqualText } from './timing-safe-equal-text.js';

/** Header by which the admin app tells a gateway that a call is part of a job. */
export const JOB_HEADER = 'x-penstock-job';

/** A call of a job. */
export interface JobCall {
  readonly jobId: string;
  readonly callId: string;
  /** Counter of the job's credit hold: `m<base 36>.0.0`. */
  readonly holdCounterId: string;
  /** The governance team that the job is of; a key of another team must not use the header. */
  readonly governanceTeamId: string;
  /** A header is good until then, milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** The header's value: the call and its HMAC-SHA256 under the secret that services share. */
export function signJobCall(serviceToken: string | Secret, call: JobCall): string {
  const payload = Buffer.from(JSON.stringify(call), 'utf8').toString('base64url');
  return `${payload}.${mac(serviceToken, payload)}`;
}

/** The call that a header speaks of; undefined for anything that was not signed, or has expired. */
export function verifyJobCall(serviceToken: string | Secret, header: string, nowMs: number): JobCall | undefined {
  const [payload = '', signature = '', ...rest] = header.split('.');
  if (rest.length > 0 || !timingSafeEqualText(signature, mac(serviceToken, payload))) return undefined;
  const call = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as JobCall;
  return call.expiresAtMs > nowMs ? call : undefined;
}

/** The label keeps the token's other uses from ever making the same text. */
function mac(serviceToken: string | Secret, payload: string): string {
  return createHmac('sha256', revealSecret(serviceToken)).update(`penstock.job.${payload}`, 'utf8').digest('base64url');
}
