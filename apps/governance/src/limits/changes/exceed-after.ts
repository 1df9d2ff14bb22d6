import { AppError, type OnExceed } from '@penstock/domain';

/** What happens to a call that does not fit; whoever stops falling back forgets the model. */
export function exceedAfter(
  current: { readonly onExceed: OnExceed; readonly fallbackModel: string | null },
  patch: { readonly on_exceed?: OnExceed | null; readonly fallback_model?: string | null },
): { readonly onExceed: OnExceed; readonly fallbackModel: string | null } {
  const onExceed = patch.on_exceed ?? current.onExceed;
  const named = patch.fallback_model ?? undefined;
  if (onExceed !== 'fallback') {
    if (named === undefined) return { onExceed, fallbackModel: null };
    throw new AppError('validation_failed', {
      detail: 'fallback_model can only be set together with on_exceed "fallback".',
      fields: [{ path: 'fallback_model', reason: 'needs on_exceed "fallback"' }],
    });
  }
  const fallbackModel = named ?? current.fallbackModel;
  if (fallbackModel !== null) return { onExceed, fallbackModel };
  throw new AppError('validation_failed', {
    detail: 'on_exceed "fallback" needs a fallback_model, such as openai/gpt-4o-mini.',
    fields: [{ path: 'fallback_model', reason: 'is required' }],
  });
}
