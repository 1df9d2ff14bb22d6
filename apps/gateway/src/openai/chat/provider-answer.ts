import type { IncomingHttpHeaders } from 'node:http';

/** True for an answer that comes as server-sent events. */
export function isEventStream(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.startsWith('text/event-stream') ?? false;
}

/** The body of an answer; undefined when it is no JSON object. */
export function parseJson(chunks: Buffer[]): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** All text a completion holds, tool arguments included. */
export function generatedTextOf(answer: Record<string, unknown>): string {
  return JSON.stringify(answer['choices'] ?? '');
}
