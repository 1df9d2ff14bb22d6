import type { Simulator } from '../src/index.js';

/** A chunk of a stream, as far as the tests look into it. */
export interface ChunkBody {
  readonly choices: readonly {
    readonly index: number;
    readonly delta: {
      readonly content?: string;
      readonly tool_calls?: readonly { readonly function: { readonly name?: string; readonly arguments: string } }[];
    };
  }[];
  readonly usage?: unknown;
}

/** A whole JSON answer, as far as the tests look into it. */
export interface CompletionBody {
  readonly id: string;
  readonly choices: readonly { readonly message: { readonly content: string } }[];
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number };
}

/** Reads a JSON answer. */
export async function completionOf(response: Response): Promise<CompletionBody> {
  return (await response.json()) as CompletionBody;
}

/** Calls the simulator directly; `fields` are merged into a valid request. */
export function chat(
  simulator: Simulator,
  fields: object = {},
  headers: Record<string, string> = {},
  signal: AbortSignal | null = null,
): Promise<Response> {
  return fetch(`${simulator.openAiBaseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-test', ...headers },
    body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }], ...fields }),
    signal,
  });
}

/** The payloads of a stream's text; `[DONE]` stays a string. */
export function eventsOf(text: string): (ChunkBody | string)[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const payload = block.slice('data: '.length);
      return payload === '[DONE]' ? payload : (JSON.parse(payload) as ChunkBody);
    });
}

/** What one choice of a stream says. */
export function contentOf(events: readonly (ChunkBody | string)[], choice = 0): string {
  return events
    .flatMap((event) => (typeof event === 'string' ? [] : event.choices.filter(({ index }) => index === choice)))
    .map(({ delta }) => delta.content ?? '')
    .join('');
}

/** Waits for a condition; fails after two seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 2_000;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error(`Never became true: ${condition.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
