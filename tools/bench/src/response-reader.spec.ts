import { describe, expect, it } from '@jest/globals';
import { ResponseReader } from './response-reader.js';

const WITH_LENGTH = 'HTTP/1.1 402 Payment Required\r\nContent-Length: 11\r\nx: y\r\n\r\nhello world';
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n';
const WITH_TRAILER = `${CHUNKED.slice(0, -2)}x-sum: 1\r\n\r\n`;
const EMPTY = 'HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n';

describe('ResponseReader', () => {
  it.each([
    ['a length', WITH_LENGTH, 402, 11],
    ['chunks', CHUNKED, 200, 11],
    ['a trailer', WITH_TRAILER, 200, 11],
    ['no body', EMPTY, 204, 0],
  ])('knows the end of a response with %s, however it is cut', (_name, text, status, bodyBytes) => {
    const bytes = Buffer.from(text);
    for (let step = 1; step <= bytes.length; step += 1) {
      const reader = new ResponseReader();
      for (let offset = 0; offset < bytes.length; offset += step) {
        const isComplete = reader.feed(bytes.subarray(offset, offset + step));
        expect(isComplete).toBe(offset + step >= bytes.length);
      }
      expect(reader).toMatchObject({ status, bodyBytes });
    }
  });

  it('reads the next response after a reset', () => {
    const reader = new ResponseReader();
    expect(reader.feed(Buffer.from(CHUNKED))).toBe(true);
    reader.reset();
    expect(reader.feed(Buffer.from(WITH_LENGTH))).toBe(true);
    expect(reader.status).toBe(402);
  });

  it('refuses a response whose end only the closing of the connection shows', () => {
    expect(() => new ResponseReader().feed(Buffer.from('HTTP/1.1 200 OK\r\n\r\nhello'))).toThrow('without length');
  });
});
