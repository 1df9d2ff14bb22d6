const HEAD_END = Buffer.from('\r\n\r\n');
const CR = 13;
const LF = 10;

type State = 'head' | 'length' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer' | 'done';

/**
 * Just enough of an HTTP/1.1 client to know when a response on a kept-alive connection is complete. A general
 * client would cost the load generator more than the server under test costs.
 */
export class ResponseReader {
  status = 0;
  bodyBytes = 0;
  #state: State = 'head';
  #head: Buffer | undefined;
  /** Bytes missing of the body or the current chunk. */
  #missing = 0;
  #sizeText = '';
  #trailerLineLength = 0;

  /** Takes what came from the socket; true once the response is complete. */
  feed(data: Buffer): boolean {
    let offset = 0;
    while (offset < data.length && this.#state !== 'done') {
      offset = this.#step(data, offset);
    }
    return this.#state === 'done';
  }

  /** Ready for the next response. */
  reset(): void {
    this.status = 0;
    this.bodyBytes = 0;
    this.#state = 'head';
    this.#head = undefined;
    this.#sizeText = '';
  }

  #step(data: Buffer, offset: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(data);
      case 'length':
      case 'chunk-data': {
        const taken = Math.min(this.#missing, data.length - offset);
        this.#missing -= taken;
        this.bodyBytes += taken;
        if (this.#missing === 0) this.#state = this.#state === 'length' ? 'done' : 'chunk-end';
        return offset + taken;
      }
      case 'chunk-end':
        if (data[offset] === LF) this.#state = 'chunk-size';
        return offset + 1;
      case 'chunk-size':
        return this.#readChunkSize(data, offset);
      case 'trailer':
        return this.#readTrailer(data, offset);
      case 'done':
        return data.length;
    }
  }

  #readHead(data: Buffer): number {
    const known = this.#head?.length ?? 0;
    const all = this.#head === undefined ? data : Buffer.concat([this.#head, data]);
    const end = all.indexOf(HEAD_END);
    if (end === -1) {
      this.#head = all;
      return data.length;
    }
    const head = all.toString('latin1', 0, end);
    this.#head = undefined;
    this.status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (length !== null) {
      this.#missing = Number(length[1]);
      this.#state = this.#missing === 0 ? 'done' : 'length';
    } else if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
      this.#state = 'chunk-size';
    } else {
      throw new Error(`A response without length cannot be measured:\n${head}`);
    }
    return end + HEAD_END.length - known;
  }

  #readChunkSize(data: Buffer, offset: number): number {
    const end = data.indexOf(LF, offset);
    if (end === -1) {
      this.#sizeText += data.toString('latin1', offset);
      return data.length;
    }
    const size = Number.parseInt(this.#sizeText + data.toString('latin1', offset, end), 16);
    if (Number.isNaN(size)) throw new Error('A chunk of the response has no size.');
    this.#sizeText = '';
    this.#missing = size;
    this.#trailerLineLength = 0;
    this.#state = size === 0 ? 'trailer' : 'chunk-data';
    return end + 1;
  }

  /** Ends with an empty line. */
  #readTrailer(data: Buffer, offset: number): number {
    const byte = data[offset];
    if (byte === LF) {
      if (this.#trailerLineLength === 0) this.#state = 'done';
      this.#trailerLineLength = 0;
    } else if (byte !== CR) this.#trailerLineLength += 1;
    return offset + 1;
  }
}
