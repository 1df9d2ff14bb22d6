import type { ServerResponse } from 'node:http';
import type { Behaviour } from './behaviour.js';
import type { Ledger, LedgerEntry } from './ledger.js';
import type { OpenAiError } from './openai-error.js';
import type { Frame } from './wire-format.js';

const JSON_TYPE = 'application/json';
const STREAM_TYPE = 'text/event-stream; charset=utf-8';
/** Splits an answer with slow headers into this many pieces. */
const SLOW_HEADER_PIECES = 4;

/** One request being answered: the response, its ledger entry and how it shall behave. */
export class Answer {
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(
    private readonly response: ServerResponse,
    private readonly ledger: Ledger,
    readonly entry: LedgerEntry,
  ) {
    response.on('close', () => {
      for (const timer of this.#timers) clearTimeout(timer);
      ledger.close(entry, response.writableFinished ? 'finished' : 'client_gone');
    });
  }

  /** Runs `step` now or later; never after the caller has left. */
  after(delayMs: number, step: () => void): void {
    if (delayMs === 0) return step();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      step();
    }, delayMs);
    this.#timers.add(timer);
  }

  /** Answers with an error of the provider. */
  error(error: OpenAiError, retryAfterS?: number): void {
    this.entry.status = error.status;
    const body = error.toBody();
    const headers = this.#headers(JSON_TYPE, body);
    if (retryAfterS !== undefined) headers.push('retry-after', String(retryAfterS));
    this.response.writeHead(error.status, headers);
    this.response.end(body);
  }

  /** Answers with a whole JSON body, or with as much of it as the behaviour leaves. */
  json(body: string, behaviour: Behaviour): void {
    this.entry.status = 200;
    switch (behaviour.failure) {
      case 'cut_midway':
      case 'hang_midway':
        this.response.writeHead(200, this.#headers(JSON_TYPE, body));
        this.response.write(body.slice(0, body.length / 2), () => {
          if (behaviour.failure === 'cut_midway') this.cut();
        });
        return;
      case 'malformed': {
        const broken = body.slice(0, body.length / 2);
        this.response.writeHead(200, this.#headers(JSON_TYPE, broken));
        this.response.end(broken);
        return;
      }
      case 'slow_headers':
        return this.#slowHeaders(body, behaviour.latencyMs);
      default:
        this.entry.completionTokensSent = this.entry.completionTokens;
        this.response.writeHead(200, this.#headers(JSON_TYPE, body));
        this.response.end(body);
        if (behaviour.closesSocket) this.#closeSocketAfterAnswer();
    }
  }

  /** Answers with a stream of events at the pace that was asked for. */
  stream(frames: readonly Frame[], behaviour: Behaviour): void {
    this.entry.status = 200;
    this.response.writeHead(200, [...this.#headers(STREAM_TYPE), 'cache-control', 'no-cache']);
    const isPlain = behaviour.failure === null || behaviour.failure === 'slow_headers';
    if (isPlain && behaviour.firstChunkMs === 0 && behaviour.chunkIntervalMs === 0) {
      let text = '';
      for (const frame of frames) text += frame.text;
      this.#count(frames.at(-1), frames.length - 1);
      this.response.end(text);
      if (behaviour.closesSocket) this.#closeSocketAfterAnswer();
      return;
    }
    this.response.flushHeaders();
    this.after(behaviour.firstChunkMs, () => this.#pump(frames, 0, behaviour));
  }

  /** Destroys the connection. */
  cut(): void {
    this.ledger.close(this.entry, 'cut');
    this.response.destroy();
  }

  #pump(frames: readonly Frame[], start: number, behaviour: Behaviour): void {
    for (let index = start; index < frames.length; index += 1) {
      if (behaviour.failure !== null && index === behaviour.failAfterChunks && this.#fail(behaviour)) return;
      const frame = frames[index] as Frame;
      this.response.write(frame.text);
      this.#count(frame, index + (frame.isChunk ? 1 : 0));
      if (behaviour.chunkIntervalMs > 0 && index < frames.length - 1) {
        this.after(behaviour.chunkIntervalMs, () => this.#pump(frames, index + 1, behaviour));
        return;
      }
    }
    this.response.end();
    if (behaviour.closesSocket) this.#closeSocketAfterAnswer();
  }

  /** Does what the behaviour says instead of the next chunk; true when the stream ends here. */
  #fail(behaviour: Behaviour): boolean {
    switch (behaviour.failure) {
      case 'hang_midway':
        return true;
      case 'cut_midway':
        // Through the write queue: what was sent before must reach the caller.
        this.response.write('', () => this.cut());
        return true;
      case 'malformed':
        this.response.write('data: {"id":"chatcmpl-broken","choices":[{"index":0,"del\n\n');
        return false;
      case 'error_event':
        this.response.end(
          'data: {"error":{"message":"The server had an error while processing your request. Sorry about that!","type":"server_error","param":null,"code":null}}\n\n',
        );
        return true;
      default:
        return false;
    }
  }

  #count(frame: Frame | undefined, chunksSent: number): void {
    this.entry.chunksSent = chunksSent;
    this.entry.completionTokensSent = frame?.completionTokens ?? 0;
  }

  /** Dribbles the answer over `spreadMs`, header bytes included, past Node's own writer. */
  #slowHeaders(body: string, spreadMs: number): void {
    const { socket } = this.response;
    if (socket === null) return;
    const text =
      `HTTP/1.1 200 OK\r\ncontent-type: ${JSON_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `connection: close\r\n\r\n${body}`;
    const headLength = text.length - body.length;
    const pieceLength = Math.ceil(headLength / SLOW_HEADER_PIECES);
    const send = (piece: number): void => {
      const isLast = piece === SLOW_HEADER_PIECES - 1;
      socket.write(text.slice(piece * pieceLength, isLast ? text.length : (piece + 1) * pieceLength));
      if (!isLast) return this.after(spreadMs / SLOW_HEADER_PIECES, () => send(piece + 1));
      this.entry.completionTokensSent = this.entry.completionTokens;
      this.ledger.close(this.entry, 'finished');
      socket.end();
    };
    send(0);
  }

  #closeSocketAfterAnswer(): void {
    const { socket } = this.response;
    this.response.on('finish', () => socket?.destroySoon());
  }

  #headers(contentType: string, body?: string): string[] {
    const headers = [
      'content-type',
      contentType,
      'x-request-id',
      `req_sim${this.entry.sequence}`,
      'openai-version',
      '2020-10-01',
      'openai-processing-ms',
      '1',
    ];
    if (body !== undefined) headers.push('content-length', String(Buffer.byteLength(body)));
    return headers;
  }
}
