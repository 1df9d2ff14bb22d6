import type { IncomingMessage } from 'node:http';

import { AppError } from '@penstock/domain';

/**
 * Reads a whole request body.
 *
 * @throws AppError `request_too_large` as soon as the limit is passed, announced or not; `request_invalid` when the
 * client leaves in the middle.
 */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = () =>
      new AppError('request_too_large', { detail: `The body is larger than the ${bytesMax} bytes that are accepted.` });
    if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
      reject(tooLarge());
      return;
    }
    let first: Buffer | undefined;
    let rest: Buffer[] | undefined;
    let bytes = 0;
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > bytesMax) {
        request.off('data', take);
        request.pause();
        reject(tooLarge());
        return;
      }
      // Nearly every body arrives in one piece, which then needs no copy.
      if (first === undefined) first = chunk;
      else (rest ??= [first]).push(chunk);
    };
    request.on('data', take);
    request.on('end', () => resolve(rest !== undefined ? Buffer.concat(rest) : (first ?? Buffer.alloc(0))));
    request.on('error', (cause) => reject(clientLeft(cause)));
    request.on('close', () => {
      if (!request.complete) reject(clientLeft());
    });
  });
}

function clientLeft(cause?: unknown): AppError {
  return new AppError('request_invalid', { detail: 'The request ended before its body did.', cause });
}
