import type { AdmittedCall, ExceededShadow } from '@penstock/domain';

/** What the caller is told when the call that was made is not quite the one that was asked for. */
export function admissionHeaders(
  { decision, fallbackFrom }: AdmittedCall<unknown>,
  shadows: readonly ExceededShadow[],
): Readonly<Record<string, string>> | undefined {
  if (decision.maxTokens === undefined && fallbackFrom === undefined && shadows.length === 0) return undefined;
  const headers: Record<string, string> = {};
  if (decision.maxTokens !== undefined) headers['x-penstock-max-tokens'] = String(decision.maxTokens);
  if (fallbackFrom !== undefined) {
    headers['x-penstock-model'] = headerText(`${decision.provider}/${decision.model}`);
    headers['x-penstock-fallback-from'] = headerText(`${fallbackFrom.provider}/${fallbackFrom.model}`);
  }
  if (shadows.length > 0) {
    headers['x-penstock-shadow-exceeded'] = [...new Set(shadows.map(({ limit }) => limit.limitId))].join(', ');
  }
  return headers;
}

/** Model names come from callers and may hold what no header can. */
function headerText(name: string): string {
  return /^[\x21-\x7e]+$/.test(name) ? name : encodeURIComponent(name);
}
