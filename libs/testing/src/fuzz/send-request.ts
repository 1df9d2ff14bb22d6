import { type Agent, request as httpRequest } from 'node:http';

import type { FuzzAnswer } from './answer-check.js';
import type { PlannedRequest } from './arbitrary-requests.js';
import { type EntityPool, EntityRef } from './entity-pool.js';

declare global {
  interface JSON {
    /** Standard in Node 22 and later; TypeScript's ES2024 library does not know it yet. */
    rawJSON(text: string): object;
  }
}

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Fills in the ids that the plan left open. */
export function toWireRequest(
  plan: PlannedRequest,
  pool: EntityPool,
  credential: Readonly<Record<string, string>>,
): WireRequest {
  const segments = pathSegments(plan.pathValues, pool);
  let at = 0;
  const path = plan.operation.path.replaceAll(/\{[^}]+\}/g, () => segments[at++] ?? '');
  const query = plan.query.map(([name, value]) => `${encodeURIComponent(name)}=${queryText(value, pool)}`).join('&');
  const body =
    plan.body === undefined ? undefined : 'text' in plan.body ? plan.body.text : jsonText(plan.body.json, pool);
  return {
    method: plan.operation.method,
    path: query === '' ? path : `${path}?${query}`,
    headers: {
      ...(plan.isAuthenticated ? credential : {}),
      ...(plan.contentType === undefined ? {} : { 'content-type': plan.contentType }),
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    },
    body,
  };
}

/** Of so many paths one has ids that do not belong together. */
const ONE_OF_THE_MIXED = 4;

/** `/budgets/{id}/raises/{raise_id}` mostly names a raise of that budget. */
function pathSegments(values: PlannedRequest['pathValues'], pool: EntityPool): string[] {
  let after: string | undefined;
  return values
    .toReversed()
    .map((value) => {
      // Odd segments are written as they go over the wire; an id may need encoding.
      if (!(value instanceof EntityRef)) return value;
      const { kind, pick } = value;
      const isMixed = after === undefined || kind === undefined || pick % ONE_OF_THE_MIXED === 0;
      const id = (isMixed ? undefined : pool.ownerOf(after ?? '', kind ?? '')) ?? pool.resolve(value);
      after = id;
      return encodeURIComponent(id);
    })
    .toReversed();
}

/** Sends the bytes as they are: Node's fetch would refuse some of them itself. */
export function sendRequest(baseUrl: string, agent: Agent, wire: WireRequest): Promise<FuzzAnswer> {
  const { hostname, port } = new URL(baseUrl);
  return new Promise((resolve, reject) => {
    const { method, path, headers } = wire;
    const request = httpRequest({ hostname, port, agent, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'],
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.on('error', reject);
    request.end(wire.body);
  });
}

/** JSON with ids in the place of references, and integers beyond a double digit for digit. */
function jsonText(value: unknown, pool: EntityPool): string {
  const text = JSON.stringify(value, (_key, member: unknown) => {
    if (member instanceof EntityRef) return pool.resolve(member);
    return typeof member === 'bigint' ? JSON.rawJSON(String(member)) : member;
  });
  return text ?? 'null';
}

function queryText(value: unknown, pool: EntityPool): string {
  const text = value instanceof EntityRef ? pool.resolve(value) : String(value);
  // Half a surrogate pair has no encoding; a lone percent sign is how a careless client breaks one.
  return text.isWellFormed() ? encodeURIComponent(text) : '%ED%A0%BD%';
}
