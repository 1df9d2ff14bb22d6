import { setJsonMembers } from '../upstream/json-edit.js';
import type { ChatRequest } from './chat-request.js';

/**
 * The body as the provider gets it: the caller's bytes, but for the model without its provider prefix and, for
 * streams, the usage chunk that accounting needs.
 */
export function toProviderBody(chat: ChatRequest, modelSent: string): Buffer {
  const members: Record<string, unknown> = {};
  if (chat.model !== modelSent) members['model'] = modelSent;
  if (chat.isStream && !chat.wantsUsage) {
    const options = chat.body['stream_options'];
    members['stream_options'] = { ...(typeof options === 'object' ? options : {}), include_usage: true };
  }
  return Object.keys(members).length === 0 ? chat.bytes : setJsonMembers(chat.bytes, members);
}
