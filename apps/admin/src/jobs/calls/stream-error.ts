import { AppError, catalogue } from '@penstock/domain';

/** An error after the head of a stream is out: an event in OpenAI's dialect, which clients read as a failed stream. */
export function streamErrorEvent(error: unknown, requestId: string): string {
  const { code, detail } = error instanceof AppError ? error : new AppError('internal_unexpected');
  const { title, remedy, openAiType } = catalogue[code];
  const body = {
    error: { message: detail ?? title, type: openAiType, param: null, code, remedy, request_id: requestId },
  };
  return `data: ${JSON.stringify(body)}\n\n`;
}
