import { exactJsonNumber } from '@penstock/platform';

/** A chat request as a gateway would read it. */
export interface ChatBody {
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/**
 * The request as it came over the wire. This service reads whole numbers beyond a double as bigint, which its limits
 * need; gateways read every number as a double.
 */
export function chatBodyOf(request: Record<string, unknown>): ChatBody {
  const text = JSON.stringify(request, (_key, value: unknown) =>
    typeof value === 'bigint' ? exactJsonNumber(value.toString()) : value,
  );
  return { text, body: JSON.parse(text) as Record<string, unknown> };
}
