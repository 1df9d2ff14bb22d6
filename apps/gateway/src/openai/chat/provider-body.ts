import { setJsonMembers } from '../../upstream/json-edit.js';
import type { ChatRequest } from './chat-request.js';

/** What the provider is asked for, where it differs from what the caller asked for. */
export interface ProviderRequest {
  readonly provider: string;
  readonly model: string;
  /** The answer may have no more tokens than this; undefined: as the caller asked. */
  readonly maxTokens: number | undefined;
}

/** Providers that know the limit by OpenAI's newer name, which its reasoning models insist on. */
const NEWER_NAME: ReadonlySet<string> = new Set(['openai', 'groq']);

/**
 * The body as the provider gets it: the caller's bytes, but for the model as the provider calls it, a limit of the
 * answer that the policy set and, for streams, the usage chunk that accounting needs.
 */
export function toProviderBody(chat: ChatRequest, request: ProviderRequest): Buffer {
  const members: Record<string, unknown> = {};
  if (chat.model !== request.model) members['model'] = request.model;
  if (request.maxTokens !== undefined) limitOutput(members, chat.body, request.provider, request.maxTokens);
  if (chat.isStream && !chat.wantsUsage) {
    const options = chat.body['stream_options'];
    members['stream_options'] = { ...(typeof options === 'object' ? options : {}), include_usage: true };
  }
  return Object.keys(members).length === 0 ? chat.bytes : setJsonMembers(chat.bytes, members);
}

/** In the member that the caller used: a provider may know only one of the two names, or refuse both at once. */
function limitOutput(
  members: Record<string, unknown>,
  body: Readonly<Record<string, unknown>>,
  provider: string,
  maxTokens: number,
): void {
  let isSet = false;
  for (const name of ['max_tokens', 'max_completion_tokens']) {
    const asked = body[name];
    if (typeof asked !== 'number') continue;
    isSet = true;
    if (asked > maxTokens) members[name] = maxTokens;
  }
  if (!isSet) members[NEWER_NAME.has(provider) ? 'max_completion_tokens' : 'max_tokens'] = maxTokens;
}
