import type { AdmittedCall, ExceededShadow, Target } from '@penstock/domain';

/**
 * What the caller is told when the call that is made is not quite the one that was asked for, or its target could have
 * been another.
 *
 * Hot path: most calls need none.
 *
 * @param attempt counts from 1.
 */
export function admissionHeaders(
  { decision, fallbackFrom }: AdmittedCall<unknown>,
  requested: string,
  attempt: number,
  shadows: readonly ExceededShadow[],
): Readonly<Record<string, string>> | undefined {
  const isOneOfMany = attempt > 1 || decision.others.length > 0 || !isNameOf(requested, decision);
  if (decision.maxTokens === undefined && !isOneOfMany && shadows.length === 0) return undefined;
  const headers: Record<string, string> = {};
  if (decision.maxTokens !== undefined) headers['x-penstock-max-tokens'] = String(decision.maxTokens);
  if (isOneOfMany) {
    headers['x-penstock-model'] = headerText(`${decision.provider}/${decision.model}`);
    headers['x-penstock-attempts'] = String(attempt);
  }
  if (fallbackFrom !== undefined) {
    headers['x-penstock-fallback-from'] = headerText(`${fallbackFrom.provider}/${fallbackFrom.model}`);
  }
  if (shadows.length > 0) {
    headers['x-penstock-shadow-exceeded'] = [...new Set(shadows.map(({ limit }) => limit.limitId))].join(', ');
  }
  return headers;
}

/** Whether a name is that of the target itself, with its provider or without. */
function isNameOf(requested: string, { provider, model }: Target): boolean {
  if (requested === model) return true;
  return (
    requested.length === provider.length + 1 + model.length &&
    requested.startsWith(provider) &&
    requested[provider.length] === '/' &&
    requested.endsWith(model)
  );
}

/** Model names come from callers and may hold what no header can. */
function headerText(name: string): string {
  return /^[\x21-\x7e]+$/.test(name) ? name : encodeURIComponent(name);
}
