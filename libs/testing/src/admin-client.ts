import type { RawAnswer } from './governance-client.js';

/** Calls to the admin API. */
export interface AdminClient {
  /** Any call, whatever the answer. The path starts after `/api`. */
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<RawAnswer>;
  /** The body of an answer that is 200; anything else is an error that shows it. */
  ok(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
}

/** Calls the admin API as the operator, at its own address unless another is given. */
export function adminClient(
  stack: { readonly adminUrl: string; readonly masterKey: string },
  url = stack.adminUrl,
): AdminClient {
  const request: AdminClient['request'] = async (method, path, body, headers) => {
    const response = await fetch(`${url}/api${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(headers ?? { 'x-admin-key': stack.masterKey }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const parsed = (await response.json()) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, body: parsed };
  };
  return {
    request,
    ok: async (method, path, body) => {
      const answer = await request(method, path, body);
      if (answer.status === 200) return answer.body;
      throw new Error(`${method} ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    },
  };
}
