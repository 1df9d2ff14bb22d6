/** A chat call to a gateway, in the few words that tests vary. */
export interface ChatCall {
  readonly gatewayUrl: string;
  /** Value of a virtual key; none is sent when absent. */
  readonly key?: string;
  /** Header that carries the key; `authorization` gets the Bearer prefix. */
  readonly credential?: 'authorization' | 'x-bf-vk' | 'x-api-key' | 'x-goog-api-key';
  /** Fields of the request body over a small default. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Sends `POST /v1/chat/completions` and gives the response as it comes, body unread. */
export async function sendChat(call: ChatCall): Promise<Response> {
  const { credential = 'x-bf-vk', key } = call;
  const keyHeader = key === undefined ? {} : { [credential]: credential === 'authorization' ? `Bearer ${key}` : key };
  return fetch(`${call.gatewayUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...keyHeader, ...call.headers },
    body: JSON.stringify({
      model: 'openai/gpt-4o-mini',
      max_tokens: 16,
      messages: [{ role: 'user', content: 'Say hello.' }],
      ...call.body,
    }),
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
}
